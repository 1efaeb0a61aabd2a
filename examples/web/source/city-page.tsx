import { useState } from "react";
import { useQuery } from "urql";
import type { PersonFieldsFragment } from "../generated/graphql";
import { Me, RegionNamed } from "./documents";
import { ServiceForm } from "./service-form";
import { useSession } from "./session";
import { Asking } from "./shown";

/** Services that begin with the region alone; others are about a card or a request, and stand there. */
const IN_REGIONS = ["apply"];

export function CityPage({ code }: { code: string }) {
  const { t } = useSession();
  const [answer] = useQuery({ query: RegionNamed, variables: { code } });
  return (
    <Asking answer={answer}>
      {({ region }) =>
        region && (
          <>
            <h1>{region.name.text}</h1>
            <h2>{t("services")}</h2>
            <ul className="choices">
              {region.serviceTerms
                .filter(({ name }) => IN_REGIONS.includes(name))
                .map(({ name, label }) => (
                  <li key={name}>
                    <a href={`#/cities/${code}/${name}`}>{label.text}</a>
                  </li>
                ))}
            </ul>
          </>
        )
      }
    </Asking>
  );
}

export function CityService({ code, service }: { code: string; service: string }) {
  const { role, t } = useSession();
  const [answer] = useQuery({ query: Me, pause: role === undefined });
  if (role === undefined) return <ServiceForm region={code} service={service} subject={{ regionCode: code }} me={undefined} />;
  return (
    <Asking answer={answer}>
      {({ me }) =>
        me ? <ForSomebody code={code} service={service} me={me} wards={me.wards} /> : <p role="status">{t("notFound")}</p>
      }
    </Asking>
  );
}

interface Somebody {
  code: string;
  service: string;
  me: PersonFieldsFragment;
  wards: readonly PersonFieldsFragment[];
}

function ForSomebody({ code, service, me, wards }: Somebody) {
  const { t } = useSession();
  const [chosen, choose] = useState(me.id);
  const person = [me, ...wards].find(({ id }) => id === chosen) ?? me;
  const whom = (
    <p>
      <label htmlFor="whom">{t("forWhom")}</label>{" "}
      <select id="whom" value={person.id} onChange={(event) => choose(event.target.value)}>
        {[me, ...wards].map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </p>
  );
  const subject: Record<string, string> = person.id === me.id ? { regionCode: code } : { regionCode: code, holderId: person.id };
  return (
    <ServiceForm key={person.id} region={code} service={service} subject={subject} me={me} person={person}>
      {wards.length > 0 && whom}
    </ServiceForm>
  );
}
