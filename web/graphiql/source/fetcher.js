import { tellCodes } from "./error-pages.jsx";
import { tokenForAllTabs } from "./token.jsx";
import { uploadForm } from "./upload.jsx";

/** Sends one operation to the graph that this page belongs to, whatever path it lies at, and returns its answer. */
export async function fetcher(parameters, options) {
  const headers = new Headers(options?.headers);
  headers.set("Accept", "application/graphql-response+json");
  const form = uploadForm(parameters);
  // The browser writes the type of a form itself, with what divides its parts.
  headers.delete("Content-Type");
  headers.set(...(form ? ["GraphQL-Preflight", "1"] : ["Content-Type", "application/json"]));
  if (/^(bearer)?\s*$/i.test(headers.get("Authorization") ?? "")) {
    headers.delete("Authorization");
    const token = tokenForAllTabs();
    // The schema is everybody's, and must be there even when the token is no longer good.
    if (token && parameters.operationName !== "IntrospectionQuery") {
      headers.set("Authorization", `Bearer ${token}`);
    }
  }
  const response = await fetch(location.pathname, { method: "POST", headers, body: form ?? JSON.stringify(parameters) });
  const answer = await response.json();
  tellCodes(answer);
  return answer;
}
