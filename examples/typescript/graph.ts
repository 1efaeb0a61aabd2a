// The graph over HTTP: one typed question, and all pages of a list.
import type { TypedDocumentString } from "./generated/graphql";

/** The whole question was refused: each line has the code of an error, and what to do. */
export class GraphRefused extends Error {}

type Answer<Data> = { data: Data; errors?: { message: string; extensions: { code: string } }[] };
type Refusal = { code: string; field?: string | null; message: { text: string } };
type Page<Node> = { edges: { node: Node }[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } };

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`Set ${name}.`);
  return value;
}

/** Returns the data of an answer. What policies refuse is no error here: it stands in the data. */
export async function ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
  const response = await fetch(setting("GRAPH_URL"), {
    method: "POST",
    headers: {
      "Accept-Language": process.env.GRAPH_LANGUAGE ?? "en",
      Authorization: `Bearer ${setting("GRAPH_TOKEN")}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = (await response.json()) as Answer<Data>;
  if (errors) throw new GraphRefused(errors.map((each) => `${each.extensions.code}: ${each.message}`).join("\n"));
  return data;
}

/** Yields all nodes of a list; `next` returns the page after a cursor, as the answer has it. */
export async function* pages<Node>(next: (after: string | null) => Promise<Page<Node> | null | undefined>): AsyncGenerator<Node> {
  for (let page = await next(null); page; page = await next(page.pageInfo.endCursor ?? null)) {
    yield* page.edges.map((edge) => edge.node);
    if (!page.pageInfo.hasNextPage) return;
  }
}

/** Returns why something was refused, a line for each reason; none where it was done. */
export function refusals(answer: { errors: Refusal[] }): string[] {
  return answer.errors.map((error) => [error.code, error.field, error.message.text].filter(Boolean).join(": "));
}

type Batch<Row> = { rows: Row[]; notReached: number; errors: Refusal[] };
const MOST_ROWS = 500;

/** Sends rows as batches, and yields each with its answer. What one request has no time for is reached by the next one, under the same key. */
export async function* inBatches<Asked, Row>(
  rows: Asked[],
  send: (part: Asked[]) => Promise<Batch<Row>>,
): AsyncGenerator<[Asked, Row]> {
  for (let start = 0; start < rows.length; start += MOST_ROWS) {
    const part = rows.slice(start, start + MOST_ROWS);
    let batch: Batch<Row>;
    do {
      batch = await send(part);
      if (batch.errors.length) throw new GraphRefused(refusals(batch).join("\n"));
    } while (batch.notReached);
    for (const [place, answer] of batch.rows.entries()) {
      const row = part[place];
      if (row) yield [row, answer];
    }
  }
}
