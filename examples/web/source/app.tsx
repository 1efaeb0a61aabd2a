import { useEffect, useRef, useState, type ReactNode } from "react";
import { useQuery } from "urql";
import { CardPage, CardService } from "./card-page";
import { Regions } from "./documents";
import { MinePage } from "./mine-page";
import { OperationPage, OperationService } from "./operation-page";
import { CityPage, CityService } from "./city-page";
import { useSession } from "./session";
import { Asking } from "./shown";

/** The address within the page, such as `/cities/CODE/apply`, as its parts. */
function usePlace(): string[] {
  const read = () => location.hash.slice(1).split("/").filter(Boolean).map(decodeURIComponent);
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const moved = () => setPlace(read());
    window.addEventListener("hashchange", moved);
    return () => window.removeEventListener("hashchange", moved);
  }, []);
  return place;
}

function pageAt([kind, id, service, onCard]: string[]): ReactNode {
  if (kind === "cities" && id !== undefined) return service ? <CityService code={id} service={service} /> : <CityPage code={id} />;
  if (kind === "operations" && id !== undefined)
    return service ? <OperationService id={id} service={service} /> : <OperationPage id={id} />;
  if (kind === "cards" && id !== undefined && service !== undefined)
    return onCard ? <CardService id={id} region={service} service={onCard} /> : <CardPage id={id} region={service} />;
  return kind === "mine" ? <MinePage /> : <CitiesPage />;
}

function CitiesPage() {
  const { t } = useSession();
  const [answer] = useQuery({ query: Regions });
  return (
    <>
      <h1>{t("cities")}</h1>
      <p>{t("citiesHelp")}</p>
      <Asking answer={answer}>
        {({ regions }) => (
          <ul className="choices">
            {regions
              .filter((region) => region.level === "city")
              .map((region) => (
                <li key={region.code}>
                  <a href={`#/cities/${region.code}`}>{region.name.text}</a>
                </li>
              ))}
          </ul>
        )}
      </Asking>
    </>
  );
}

export function App() {
  const { t, language, setLanguage, roles, role, setRole } = useSession();
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const where = place.join("/");
  const before = useRef(where);
  useEffect(() => {
    // Whoever goes by keyboard or screen reader begins where the new page does.
    if (before.current !== where) main.current?.focus();
    before.current = where;
  }, [where]);
  return (
    <>
      <a
        className="skip"
        href={`#/${where}`}
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t("skip")}
      </a>
      <header>
        <p className="name">{t("title")}</p>
        <nav>
          <a href="#/">{t("cities")}</a>
          <a href="#/mine">{t("mine")}</a>
        </nav>
        {roles.length > 0 && (
          <label>
            {t("role")}{" "}
            <select value={role?.name ?? ""} onChange={(event) => setRole(event.target.value)}>
              <option value="">{t("chooseRole")}</option>
              {roles.map(({ name, about }) => (
                <option key={name} value={name} title={about}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <button
          type="button"
          lang={language === "zh" ? "en" : "zh-CN"}
          onClick={() => setLanguage(language === "zh" ? "en" : "zh")}
        >
          {t("language")}
        </button>
      </header>
      <main ref={main} tabIndex={-1} key={role?.name ?? ""}>
        {pageAt(place)}
      </main>
    </>
  );
}
