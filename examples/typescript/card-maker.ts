// A card maker's night: GRAPH_URL=… GRAPH_TOKEN=… npm run card-maker NIGHT
// Accepts what waits, and lists what to print, a line of JSON for each card. A night that broke off is begun again under its name, and
// nothing is done twice. What was made and sent is told by the same kind of batch, or as CSV at /batches. Ends with 1 if something was refused.
import { graphql } from "./generated";
import { ask, inBatches, pages, refusals } from "./graph";

const WAITING = graphql(`
  query Waiting($after: String) {
    operations(filter: { states: [SUBMITTED, PAID] }, order: LONGEST_WAITING_FIRST, first: 100, after: $after) {
      edges { node { id next { by } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);
const ACCEPT = graphql(`
  mutation Accept($input: AcceptBatchInput!) {
    acceptBatch(input: $input) {
      rows { errors { code field message { text } } }
      notReached
      errors { code field message { text } }
    }
  }
`);
const TO_PRINT = graphql(`
  query ToPrint($after: String) {
    operations(filter: { states: [ACCEPTED] }, order: LONGEST_WAITING_FIRST, first: 20, after: $after) {
      edges { node { id printData { name identityNumber bank photo { format address { url } } } } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

const [night = ""] = process.argv.slice(2);
const rows: { operationId: string }[] = [];
for await (const { id, next } of pages(async (after) => (await ask(WAITING, { after })).operations)) {
  if (next?.by.includes("card_maker")) rows.push({ operationId: id });
}
const accepted = inBatches(rows, async (part) => (await ask(ACCEPT, { input: { idempotencyKey: night, rows: part } })).acceptBatch);
for await (const [row, answer] of accepted) {
  const refused = refusals(answer);
  console.log([`${row.operationId} ${refused.length ? "refused" : "done"}`, ...refused].join("\n"));
  if (refused.length) process.exitCode = 1;
}
for await (const { id, printData } of pages(async (after) => (await ask(TO_PRINT, { after })).operations)) {
  if (printData) console.log(JSON.stringify({ operationId: id, ...printData }));
}
