// What is known of the facts that a form waits for: of the person, of the request, and of what is filled in already.
import type { OperationFieldsFragment, PersonFieldsFragment } from "../generated/graphql";

export interface Known {
  channel: string;
  relation: string | undefined;
  person: PersonFieldsFragment | undefined;
  operation: OperationFieldsFragment | undefined;
  filled: unknown;
}

const CHOICES: Record<string, string> = {
  "choice.bank": "bank",
  "choice.outlet": "outlet",
  "choice.delivery": "delivery.method",
  "choice.reissue_reason": "reason",
  "choice.cancellation_reason": "reason",
  "delivery.region": "delivery.regionCode",
};

/** Returns what stands at a path within filled-in data, such as `evidence.details.mobile`. */
export function at(data: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((found, name) => (typeof found === "object" && found !== null ? (found as Record<string, unknown>)[name] : undefined), data);
}

function written(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length ? value.join(",") : undefined;
  return value === undefined || value === null || value === "" ? undefined : String(value);
}

/** Full years on a day, both YYYY-MM-DD. */
function age(bornOn: string, today: string): number {
  const years = Number(today.slice(0, 4)) - Number(bornOn.slice(0, 4));
  return today.slice(5) < bornOn.slice(5) ? years - 1 : years;
}

const todayInChina = () => new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Shanghai" });

function ofPerson(fact: string, person: PersonFieldsFragment): string | undefined {
  switch (fact) {
    case "holder.type":
      return person.holderType;
    case "holder.identity_type":
      return person.identityType;
    case "holder.age":
      return String(age(person.bornOn, todayInChina()));
    case "holder.photo_on_file":
      return String(person.photoOnFile);
    case "holder.mobile_bound":
      return String(person.mobile !== null);
    default:
      return undefined;
  }
}

/** Returns what to suppose of a fact; nothing where it is not known here. */
export function known(fact: string, { channel, relation, person, operation, filled }: Known): string | undefined {
  if (fact === "request.role") return "citizen";
  if (fact === "request.channel") return channel;
  if (fact === "actor.relation") return relation;
  if (fact === "operation.service") return operation?.service;
  const [subject, name = ""] = fact.split(".", 2);
  if (subject === "declared") return written(at(filled, `evidence.declared.${name}`));
  const field = CHOICES[fact];
  if (field !== undefined) {
    const chosen = operation && { bank: operation.bank, outlet: operation.outlet, reason: operation.reason };
    return written(at(filled, field)) ?? written(at(chosen, field));
  }
  if (subject === "choice") return written(at(filled, `evidence.chosen.${name}`));
  return person && ofPerson(fact, person);
}
