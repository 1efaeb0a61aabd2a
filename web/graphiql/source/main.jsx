import "./workers.js";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";
import { ErrorPages } from "./error-pages.jsx";
import { fetcher } from "./fetcher.js";
import { TabNumbers } from "./tab-numbers.jsx";
import { TokenField } from "./token.jsx";
import { UploadField } from "./upload.jsx";

// The headers editor reads JSON with comments; a token that is left empty is not sent (fetcher.js).
const HEADERS = `{
  // 只用于此标签页；所有标签页的令牌填在右上角 · For this tab only; the token for all tabs goes to the top right
  "Authorization": "Bearer "
}`;

// EXAMPLES holds the files of examples/, put in by build.mjs.
const tabs = EXAMPLES.map(({ query, variables }) => ({ query, variables, headers: HEADERS }));

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    defaultHeaders={HEADERS}
    initialHeaders={HEADERS}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
  >
    <GraphiQL.Logo>
      <TokenField />
      <UploadField />
      <span>社会保障卡</span>
    </GraphiQL.Logo>
    <GraphiQL.Footer>
      <ErrorPages />
    </GraphiQL.Footer>
    <TabNumbers />
  </GraphiQL>,
);
