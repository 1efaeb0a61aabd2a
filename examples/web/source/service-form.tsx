// The form of a service, as the region's policy gives it: shown by react-jsonschema-form, with nothing added but what
// uploads, codes and face checks need.
import type { ResultOf, TypedDocumentNode } from "@graphql-typed-document-node/core";
import Form, { type IChangeEvent } from "@rjsf/core";
import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { customizeValidator } from "@rjsf/validator-ajv8";
import Ajv2020 from "ajv/dist/2020";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useClient, useQuery } from "urql";
import type { AskedQuery, OperationFieldsFragment, PersonFieldsFragment } from "../generated/graphql";
import { Asked, CHANGES } from "./documents";
import { known, type Known } from "./facts";
import { byField, filledIn, hints, inWords, type Problem } from "./form-data";
import { useSession } from "./session";
import { Asking, Failed, messages, Yuan } from "./shown";
import { FIELDS, TEMPLATES, WIDGETS, type Surroundings } from "./widgets";

type Requirements = NonNullable<AskedQuery["requirements"]>;

const validator = customizeValidator<Record<string, unknown>, RJSFSchema, Surroundings>({ AjvClass: Ajv2020 });

interface Wanted {
  region: string;
  service: string;
  /** What the page knows and people do not: the ids of what it is about. */
  subject: Record<string, string>;
  me: PersonFieldsFragment | undefined;
  person?: PersonFieldsFragment | undefined;
  operation?: OperationFieldsFragment;
  /** Where to go on; to the request that came of it if left out. */
  then?: string;
  children?: ReactNode;
}

export function ServiceForm({ region, service, subject, me, person, operation, then, children }: Wanted) {
  const { role } = useSession();
  const [filled, fill] = useState<Record<string, unknown>>(subject);
  const around: Known = {
    channel: role?.channel ?? "",
    relation: me && person && (me.id === person.id ? "self" : "guardian"),
    person,
    operation,
    filled,
  };
  // Facts that the form has waited for so far: what is known of them is supposed, and stays so.
  const [waited, wait] = useState<readonly string[]>(role ? ["request.role", "request.channel"] : ["request.role"]);
  const suppose = waited.flatMap((fact) => {
    const value = known(fact, around);
    return value === undefined ? [] : [{ fact, value }];
  });
  const [answer] = useQuery({ query: Asked, variables: { region, service, suppose } });
  const [last, keep] = useState(answer.data);
  const more = waitedFor(answer.data).filter((fact) => !waited.includes(fact));
  useEffect(() => {
    if (answer.data) keep(answer.data);
    if (more.length > 0) wait([...waited, ...new Set(more)]);
  }, [answer.data]);
  const isSettled = !answer.fetching && !answer.stale && !more.some((fact) => known(fact, around) !== undefined);

  return (
    <Asking answer={{ ...answer, data: answer.data ?? last }}>
      {({ requirements }) =>
        requirements && (
          <Shown
            {...{ region, service, subject, then, requirements, filled, fill }}
            settled={isSettled}
          >
            {children}
          </Shown>
        )
      }
    </Asking>
  );
}

/** Returns the facts, not known yet, on which parts of the form and of what is asked hang. */
function waitedFor(asked: AskedQuery | undefined): string[] {
  const { form, decision } = asked?.requirements ?? {};
  const hanging = [...(form?.fields ?? []), ...(decision ? [...decision.requirements, ...decision.denials, ...decision.charges] : [])];
  return hanging.flatMap(({ waitsFor }) => waitsFor);
}

type OnlyIf = Requirements["decision"]["charges"][number]["onlyIf"][number];

/** Under what something holds: what has to be chosen, and how. */
function inAWord({ label, valueTerms }: OnlyIf): string {
  return `${label.text} ${valueTerms.map((term) => term.label.text).join("/")}`;
}

interface FormShown {
  region: string;
  service: string;
  subject: Record<string, string>;
  then: string | undefined;
  requirements: Requirements;
  filled: Record<string, unknown>;
  fill: (data: Record<string, unknown>) => void;
  settled: boolean;
  children: ReactNode;
}

function Shown({ region, service, subject, then, requirements, filled, fill, settled, children }: FormShown) {
  const { t, role } = useSession();
  const { form, decision } = requirements;
  const { problems, payUrl, sending, send } = useChange(requirements, then);
  const ui = useMemo(() => form && hints(form.uiSchema as UiSchema, form.fields, t), [form, t]);
  const extraErrors = useMemo(() => byField(problems), [problems]);
  if (!form || !ui || !(form.mutation in CHANGES)) return <p role="status">{t("noForm")}</p>;
  // What is wrong with a field, or with several below one place of the input, the form itself tells.
  const shown = form.fields.flatMap(({ path, hidden }) => (hidden ? [] : [`${path}.`]));
  const elsewhere = problems.filter(({ field }) => field === null || !shown.some((path) => path.startsWith(`${field}.`)));
  return (
    <>
      <h1>
        {decision.regionName?.text} {form.title.text}
      </h1>
      <Told decision={decision} />
      {children}
      {role === undefined ? <p role="status">{t("needRole")}</p> : null}
      <Failed lines={elsewhere.map(({ message }) => message)} />
      {payUrl ? (
        <PayLink url={payUrl} then={then} />
      ) : (
        <div aria-busy={!settled}>
          <Form<Record<string, unknown>, RJSFSchema, Surroundings>
            schema={form.formSchema as RJSFSchema}
            uiSchema={ui}
            validator={validator}
            formData={{ ...filled, ...subject }}
            formContext={{ region, service, documents: form.fields, filled, holderId: subject["holderId"], t }}
            widgets={WIDGETS}
            fields={FIELDS}
            templates={TEMPLATES}
            extraErrors={extraErrors}
            transformErrors={(errors) => inWords(errors, t)}
            translateString={(text) => ({ Yes: t("yes"), No: t("no") })[text as string] ?? text}
            // Nobody has chosen what merely comes first.
            experimental_defaultFormStateBehavior={{ constAsDefaults: "skipOneOf" }}
            omitExtraData
            noHtml5Validate
            focusOnFirstError
            onError={() => undefined}
            disabled={sending || role === undefined}
            onChange={({ formData }: IChangeEvent<Record<string, unknown>>) => fill(formData ?? {})}
            onSubmit={({ formData }: IChangeEvent<Record<string, unknown>>) => void send(filledIn(formData ?? {}))}
          />
          <p role="status">{sending ? t("sending") : ""}</p>
        </div>
      )}
    </>
  );
}

function Told({ decision }: { decision: Requirements["decision"] }) {
  const { t } = useSession();
  const denials = decision.denials.filter(({ conditional }) => !conditional);
  const asked = [...decision.requirements, ...decision.promises, ...decision.advice];
  const lines = new Map(asked.map(({ message, conditional }) => [message.text, conditional]));
  return (
    <>
      {denials.length > 0 && (
        <section className="failed">
          <h2>{t("refuses")}</h2>
          <ul>
            {denials.map(({ rule, message }) => (
              <li key={rule}>{message.text}</li>
            ))}
          </ul>
        </section>
      )}
      {lines.size > 0 && (
        <section>
          <h2>{t("asks")}</h2>
          <ul>
            {[...lines].map(([text, conditional]) => (
              <li key={text}>
                {text} {conditional && <span className="hint">（{t("hangs")}）</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {decision.charges.length > 0 && (
        <section>
          <h2>{t("fees")}</h2>
          <ul>
            {decision.charges.map(({ fee, label, amount, conditional, onlyIf }) => (
              <li key={`${fee} ${amount}`}>
                {label.text} <Yuan fen={amount} />{" "}
                {conditional && <span className="hint">（{onlyIf.length ? onlyIf.map(inAWord).join(" · ") : t("hangs")}）</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function PayLink({ url, then }: { url: string; then: string | undefined }) {
  const { t } = useSession();
  return (
    <div role="status">
      <p>
        <a className="button" href={url} target="_blank" rel="noreferrer">
          {t("openPay")}
        </a>
      </p>
      <p>
        {t("paidThen")} <a href={then ?? "#/mine"}>{t("refresh")}</a>
      </p>
    </div>
  );
}

// What a form accepts, its mutation can read: its JSON Schema says so at run time, and no type before.
type Changed = ResultOf<(typeof CHANGES)[keyof typeof CHANGES]>;

/** Sends what is filled in, under one key as long as it stays the same, and goes on where that leads. */
function useChange({ form, decision: { policyDigest } }: Requirements, then: string | undefined) {
  const client = useClient();
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [payUrl, setPayUrl] = useState<string>();
  const [sending, setSending] = useState(false);
  const sent = useRef({ text: "", key: "" });

  async function send(input: Record<string, unknown>) {
    const change = CHANGES[form?.mutation as keyof typeof CHANGES] as TypedDocumentNode<Changed, { input: unknown }>;
    const text = JSON.stringify(input);
    if (sent.current.text !== text) sent.current = { text, key: newKey() };
    setSending(true);
    const variables = { input: { ...input, policyDigest, idempotencyKey: sent.current.key } };
    const { data, error } = await client.mutation(change, variables).toPromise();
    setSending(false);
    if (error || !data) return setProblems(error ? messages(error).map((message) => ({ field: null, message })) : []);
    const { answer } = data;
    setProblems(answer.errors.map(({ field, message }) => ({ field: field ?? null, message: message.text })));
    if (answer.errors.length > 0) return (sent.current.text = "");
    if ("payment" in answer && answer.payment) return setPayUrl(answer.payment.payUrl);
    const { operation } = answer;
    location.hash = then ?? (operation ? `#/operations/${operation.id}` : "#/mine");
  }

  return { problems, payUrl, sending, send };
}

/** A random name; crypto.randomUUID is not there on pages that a telephone opens by http. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
