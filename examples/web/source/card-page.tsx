import { useQuery } from "urql";
import { Me, ON_CARDS, OneCard, RegionNamed } from "./documents";
import { ServiceForm } from "./service-form";
import { useSession } from "./session";
import { Asking, Facts, Failed, Moment, first, messages } from "./shown";

/** A card; its region stands in the address, as some show a card only once it is bound, and say what to do until then. */
export function CardPage({ id, region }: { id: string; region: string }) {
  const { t } = useSession();
  const [answer] = useQuery({ query: OneCard, variables: { id }, requestPolicy: "network-only" });
  return (
    <Asking answer={answer}>
      {({ card }) => (
        <>
          <h1>
            {card?.regionName?.text} {t("title")}
          </h1>
          {card ? (
            <Facts
              rows={[
                [t("state"), card.stateTerm.label.text],
                [t("until"), card.stateUntil && <Moment at={card.stateUntil} />],
                [t("number"), card.number],
                [t("bank"), card.bankTerm.label.text],
              ]}
            />
          ) : (
            <Failed lines={answer.error ? messages(answer.error) : []} />
          )}
          <h2>{t("services")}</h2>
          <Services id={id} region={region} first={card ? undefined : first(answer.error)} />
        </>
      )}
    </Asking>
  );
}

/** What the region has for a card; what it asks first, where it says so, alone. */
function Services({ id, region, first }: { id: string; region: string; first: string | undefined }) {
  const [answer] = useQuery({ query: RegionNamed, variables: { code: region } });
  return (
    <Asking answer={answer}>
      {({ region: found }) => (
        <ul className="choices">
          {found?.serviceTerms
            .filter(({ name }) => (first ? name === first : ON_CARDS.includes(name)))
            .map(({ name, label }) => (
              <li key={name}>
                <a href={`#/cards/${id}/${region}/${name}`}>{label.text}</a>
              </li>
            ))}
        </ul>
      )}
    </Asking>
  );
}

export function CardService({ id, region, service }: { id: string; region: string; service: string }) {
  const [mine] = useQuery({ query: Me });
  const [answer] = useQuery({ query: OneCard, variables: { id } });
  const me = mine.data?.me ?? undefined;
  return (
    <Asking answer={answer}>
      {({ card }) => (
        <ServiceForm
          region={region}
          service={service}
          subject={{ cardId: id }}
          me={me}
          person={card?.holder ?? me}
          then={`#/cards/${id}/${region}`}
        />
      )}
    </Asking>
  );
}
