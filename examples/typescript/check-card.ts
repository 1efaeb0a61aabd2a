// A hospital's check before it takes a card: GRAPH_URL=… GRAPH_TOKEN=… npm run check-card NUMBER
// Says whether the card may be used, and if not, why and what its holder does. Ends with 0 if it may be used, else with 1.
import { graphql } from "./generated";
import { ask } from "./graph";

const USABLE = graphql(`
  query Usable($number: String!) {
    cardUsable(cardNumber: $number) {
      usable
      reasons { code message { text } }
      advice { message { text } }
    }
  }
`);

const [number = ""] = process.argv.slice(2);
const { cardUsable: found } = await ask(USABLE, { number });
const reasons = found?.reasons.map((reason) => `${reason.code}: ${reason.message.text}`) ?? [];
const advice = found?.advice.map((note) => note.message.text) ?? [];
console.log([found?.usable ? "usable" : "not usable", ...reasons, ...advice].join("\n"));
process.exitCode = found?.usable ? 0 : 1;
