// A bank's closing of accounts: GRAPH_URL=… GRAPH_TOKEN=… npm run close-accounts CLOSED
// CLOSED is a file with the numbers of the cards whose accounts the bank's own system has closed, one a line: they are reported as closed.
// Then come the numbers of cards that have ended, by a death too, and whose accounts are still open. Ends with 1 if something was refused.
import { readFileSync } from "node:fs";
import { graphql } from "./generated";
import { ask, pages, refusals } from "./graph";

const FIND = graphql(`
  query Find($number: String!) {
    findCard(number: $number) { card { id number accountState } message { text } }
  }
`);
const TO_CLOSE = graphql(`
  query ToClose($after: String) {
    accountsToClose(first: 100, after: $after) {
      edges { node { number } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const CLOSE = graphql(`
  mutation Close($input: CloseAccountInput!) {
    closeAccount(input: $input) {
      card { accountState accountClosedAt }
      errors { code field message { text } }
    }
  }
`);

/** Reports that the account on a card is closed; returns why that was refused, null where it is known already. */
async function reportClosed(number: string): Promise<string[] | null> {
  const { findCard: found } = await ask(FIND, { number });
  if (!found?.card) return [found?.message?.text ?? "not found"];
  if (found.card.accountState === "CLOSED") return null;
  const input = { cardId: found.card.id, idempotencyKey: `close account ${found.card.id}` };
  return refusals((await ask(CLOSE, { input })).closeAccount);
}

const [closed = ""] = process.argv.slice(2);
for (const number of readFileSync(closed, "utf8").split(/\s+/).filter(Boolean)) {
  const refused = await reportClosed(number);
  if (refused) console.log([`${number} ${refused.length ? "refused" : "closed"}`, ...refused].join("\n"));
  if (refused?.length) process.exitCode = 1;
}
for await (const { number } of pages(async (after) => (await ask(TO_CLOSE, { after })).accountsToClose)) {
  console.log(`${number} to close`);
}
