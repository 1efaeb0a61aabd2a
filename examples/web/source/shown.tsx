// What several pages show: an answer that is on its way or did not come, and moments.
import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { useSession } from "./session";

interface Answered<Data> {
  data?: Data | undefined;
  error?: CombinedError | undefined;
  fetching: boolean;
}

export function Asking<Data>({ answer, children }: { answer: Answered<Data>; children: (data: Data) => ReactNode }) {
  const { t } = useSession();
  if (answer.data !== undefined && answer.data !== null) return children(answer.data);
  if (answer.error) return <Failed lines={messages(answer.error)} />;
  return <p role="status">{answer.fetching ? t("loading") : t("notFound")}</p>;
}

export function messages(error: CombinedError): string[] {
  return error.graphQLErrors.length ? error.graphQLErrors.map(({ message }) => message) : [error.message];
}

/** The service that can be done first where something is refused, if the service tells one. */
export function first(error: CombinedError | undefined): string | undefined {
  const told = error?.graphQLErrors.map(({ extensions }) => extensions["first"]).find((name) => typeof name === "string");
  return told as string | undefined;
}

export function Failed({ lines }: { lines: readonly string[] }) {
  const { t } = useSession();
  if (lines.length === 0) return null;
  return (
    <div role="alert" className="failed">
      <p>{t("failed")}</p>
      <ul>
        {[...new Set(lines)].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

export function Moment({ at }: { at: string }) {
  const { language } = useSession();
  const shown = new Date(at).toLocaleString(language === "zh" ? "zh-CN" : "en", {
    timeZone: "Asia/Shanghai",
    dateStyle: "medium",
    timeStyle: "short",
  });
  return <time dateTime={at}>{shown}</time>;
}

export function Yuan({ fen }: { fen: number }) {
  const { language } = useSession();
  return <>{(fen / 100).toLocaleString(language === "zh" ? "zh-CN" : "en", { style: "currency", currency: "CNY" })}</>;
}

export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl>
      {rows
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
