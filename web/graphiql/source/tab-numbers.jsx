import { useGraphiQL } from "@graphiql/react";

// EXAMPLES holds the files of examples/, put in by build.mjs.
const NUMBERS = new Map(EXAMPLES.map(({ name, number }) => [name, number]));

/** Writes before the title of each example's tab the number that the README calls it by, wherever the tab has moved to. */
export function TabNumbers() {
  const tabs = useGraphiQL((state) => state.tabs);
  const rules = tabs.map(({ title }, index) =>
    NUMBERS.has(title) ? `#graphiql-session-tab-${index}::before { content: "${NUMBERS.get(title)} "; }` : "",
  );
  return <style>{rules.join("\n")}</style>;
}
