import { useQuery } from "urql";
import type { OperationFieldsFragment } from "../generated/graphql";
import { Me, ON_CARDS, OneOperation } from "./documents";
import { ServiceForm } from "./service-form";
import { useSession } from "./session";
import { Asking, Facts, Moment, Yuan } from "./shown";

export function OperationPage({ id }: { id: string }) {
  const { t } = useSession();
  const [answer, again] = useQuery({ query: OneOperation, variables: { id }, requestPolicy: "network-only" });
  return (
    <Asking answer={answer}>
      {({ operation }) =>
        operation ? (
          <>
            <h1>
              {operation.regionName?.text} {operation.serviceTerm.label.text}
            </h1>
            <Facts
              rows={[
                [t("state"), operation.stateTerm.label.text],
                [t("due"), operation.due > 0 ? <Yuan fen={operation.due} /> : null],
                [t("promised"), operation.promisedAt && <Moment at={operation.promisedAt} />],
                [t("tracking"), operation.trackingNumber],
              ]}
            />
            {operation.correctionReason && <p>{operation.correctionReason}</p>}
            <Next operation={operation} />
            <p>
              <button type="button" onClick={() => again()}>
                {t("refresh")}
              </button>
            </p>
            <Past operation={operation} />
          </>
        ) : (
          <p role="status">{t("notFound")}</p>
        )
      }
    </Asking>
  );
}

function Next({ operation }: { operation: OperationFieldsFragment }) {
  const { t } = useSession();
  const { next, card, id, regionCode } = operation;
  const mine = next?.service && next.by.includes("citizen");
  const place = card && next?.service && ON_CARDS.includes(next.service) ? `#/cards/${card.id}/${regionCode}` : `#/operations/${id}`;
  return (
    <section>
      <h2>{t("next")}</h2>
      {next === null || next === undefined ? (
        <p>{t("over")}</p>
      ) : (
        <>
          {mine && (
            <p>
              <a className="button" href={`${place}/${next.service}`}>
                {next.serviceTerm?.label.text}
              </a>
            </p>
          )}
          <Facts
            rows={[
              [t("services"), mine ? null : (next.serviceTerm?.label.text ?? null)],
              [t("by"), next.byTerms.map(({ label }) => label.text).join(" · ")],
              [t("until"), next.until && <Moment at={next.until} />],
              [t("outlet"), next.outletTerm?.label.text],
            ]}
          />
          {next.otherwiseTerms.map(({ name, label }) => (
            <p key={name}>
              {t("otherwise")} <a href={`#/operations/${id}/${name}`}>{label.text}</a>
            </p>
          ))}
        </>
      )}
      {card && (
        <p>
          <a href={`#/cards/${card.id}/${regionCode}`}>{t("toCard")}</a>
        </p>
      )}
    </section>
  );
}

function Past({ operation }: { operation: OperationFieldsFragment }) {
  const { t } = useSession();
  return (
    <>
      {operation.progress.length > 0 && (
        <section>
          <h2>{t("progress")}</h2>
          <ol>
            {operation.progress.map(({ state, stateTerm, at }) => (
              <li key={state}>
                {stateTerm.label.text} {at && <Moment at={at} />}
              </li>
            ))}
          </ol>
        </section>
      )}
      <section>
        <h2>{t("timeline")}</h2>
        <ol>
          {operation.timeline.map((entry, place) => (
            <li key={place}>
              <Moment at={entry.at} /> {entry.roleTerm.label.text} {entry.eventTerm.label.text} →{" "}
              {entry.toStateTerm.label.text} {entry.note}
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

export function OperationService({ id, service }: { id: string; service: string }) {
  const { t } = useSession();
  const [mine] = useQuery({ query: Me });
  const [answer] = useQuery({ query: OneOperation, variables: { id } });
  return (
    <Asking answer={answer}>
      {({ operation }) =>
        operation ? (
          <ServiceForm
            region={operation.regionCode}
            service={service}
            subject={{ operationId: id }}
            me={mine.data?.me ?? undefined}
            person={operation.holder ?? undefined}
            operation={operation}
            then={`#/operations/${id}`}
          />
        ) : (
          <p role="status">{t("notFound")}</p>
        )
      }
    </Asking>
  );
}
