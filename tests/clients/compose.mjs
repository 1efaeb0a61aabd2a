// Composes the graph, whose SDL is in the file named first, with another that knows more of its people; prints the supergraph.
import { readFileSync } from "node:fs";
import { composeServices } from "@theguild/federation-composition";
import { parse } from "graphql";

const pensions = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
  type Query { pensionAges: [Int!]! }
  type Holder @key(fields: "id") { id: ID! pension: Pension }
  type Pension { yearsPaid: Int! firstCard: Card }
  type Card @key(fields: "id", resolvable: false) { id: ID! }
`;
const composed = composeServices([
  { name: "cards", url: "http://cards.example", typeDefs: parse(readFileSync(process.argv[2], "utf8")) },
  { name: "pensions", url: "http://pensions.example", typeDefs: parse(pensions) },
]);
if (composed.errors) {
  console.error(composed.errors.map((error) => error.message).join("\n"));
  process.exit(1);
}
console.log(composed.supergraphSdl);
