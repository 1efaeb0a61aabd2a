import "./workers.js";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";
import { fetcher } from "./fetcher.js";

// The headers editor reads JSON with comments; a token that is left empty is not sent (fetcher.js).
const HEADERS = `{
  // 在 Bearer 之后粘贴令牌 · Paste a token after Bearer
  "Authorization": "Bearer "
}`;

// EXAMPLES holds the files of examples/, put in by build.mjs.
const tabs = EXAMPLES.map((example) => ({ ...example, headers: HEADERS }));

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    defaultHeaders={HEADERS}
    initialHeaders={HEADERS}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
  >
    <GraphiQL.Logo>社会保障卡</GraphiQL.Logo>
  </GraphiQL>,
);
