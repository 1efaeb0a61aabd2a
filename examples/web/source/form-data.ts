// Between the graph's forms and react-jsonschema-form: hints for fields that are more than text, errors by path, data.
import { toErrorSchema, type ErrorSchema, type RJSFValidationError, type UiSchema } from "@rjsf/utils";
import type { AskedQuery } from "../generated/graphql";
import type { Word } from "./words";

export type FormField = NonNullable<NonNullable<AskedQuery["requirements"]>["form"]>["fields"][number];

export interface Problem {
  field: string | null;
  message: string;
}

/** What shows each type of field; the graph's own hints show the others. */
const SPECIAL: Partial<Record<FormField["type"], UiSchema>> = {
  DOCUMENT: { "ui:field": "documents" },
  VERIFICATION_CODE: { "ui:widget": "code" },
  FACE_CHECK: { "ui:widget": "face" },
  MOBILE: { "ui:options": { inputType: "tel" } },
};

const below = (path: string) => path.split(".").slice(1);

export function hints(given: UiSchema, fields: readonly FormField[], t: (word: Word) => string): UiSchema {
  const found = structuredClone(given);
  for (const { path, type, hidden } of fields) {
    if (hidden) continue;
    let here: UiSchema = found;
    for (const name of below(path)) here = here[name] ??= {};
    Object.assign(here, SPECIAL[type]);
  }
  return { ...found, "ui:submitButtonOptions": { submitText: t("submit") } };
}

export function byField(problems: readonly Problem[]): ErrorSchema<Record<string, unknown>> {
  const placed = problems.filter(({ field }) => field?.startsWith("input."));
  return toErrorSchema(
    placed.map(({ field, message }) => ({ property: `.${below(field ?? "").join(".")}`, message, stack: message })),
  );
}

const KINDS: Record<string, Word> = {
  required: "required",
  dependentRequired: "required",
  pattern: "pattern",
  format: "pattern",
  minLength: "length",
  maxLength: "length",
  minItems: "required",
  oneOf: "notPossible",
  enum: "notPossible",
};

/** Says in people's words what is wrong, once for each field: of a choice the validator tells each word that it is not. */
export function inWords(errors: RJSFValidationError[], t: (word: Word) => string): RJSFValidationError[] {
  const told = new Set<string>();
  return errors.flatMap((error) => {
    if (error.schemaPath?.includes("/oneOf/") || error.name === "if") return [];
    const word = KINDS[error.name ?? ""];
    const message = word ? t(word) : error.message;
    const once = `${error.property} ${message}`;
    if (told.has(once)) return [];
    told.add(once);
    return [{ ...error, message }];
  });
}

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) return value === "" ? undefined : value;
  const kept = Object.entries(value).flatMap(([name, each]) => {
    const found = pruned(each);
    return found === undefined || found === null ? [] : [[name, found] as const];
  });
  return kept.length ? Object.fromEntries(kept) : undefined;
}

/** Leaves out what nobody has filled in: an empty object is not the same as none. */
export function filledIn(data: Record<string, unknown>): Record<string, unknown> {
  return (pruned(data) ?? {}) as Record<string, unknown>;
}
