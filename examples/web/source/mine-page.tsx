import { useQuery } from "urql";
import { Mine } from "./documents";
import { useSession } from "./session";
import { Asking, Moment } from "./shown";

export function MinePage() {
  const { role, t } = useSession();
  const [answer] = useQuery({ query: Mine, pause: role === undefined, requestPolicy: "network-only" });
  return (
    <>
      <h1>{t("mine")}</h1>
      {role === undefined ? (
        <p role="status">{t("needRole")}</p>
      ) : (
        <Asking answer={answer}>
          {({ me, operations }) => (
            <>
              <h2>{t("myCards")}</h2>
              <ul className="choices">
                {me?.cards.map((card) => (
                  <li key={card.id}>
                    <a href={`#/cards/${card.id}/${card.regionCode}`}>
                      {card.regionName?.text} {card.number} {card.stateTerm.label.text}
                    </a>
                  </li>
                ))}
              </ul>
              {!me?.cards.length && <p>{t("nothing")}</p>}
              <h2>{t("myOperations")}</h2>
              <ul className="choices">
                {operations?.edges.map(({ node }) => (
                  <li key={node.id}>
                    <a href={`#/operations/${node.id}`}>
                      {node.regionName?.text} {node.serviceTerm.label.text} {node.stateTerm.label.text}{" "}
                      <Moment at={node.createdAt} />
                    </a>
                  </li>
                ))}
              </ul>
              {!operations?.edges.length && <p>{t("nothing")}</p>}
            </>
          )}
        </Asking>
      )}
    </>
  );
}
