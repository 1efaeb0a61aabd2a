// Who asks, and in which language: in development one of the demo's people, whose token the service hands out.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { Client, Provider, cacheExchange, fetchExchange } from "urql";
import { say, type Language, type Word } from "./words";

export interface Role {
  name: string;
  about: string;
  role: string;
  channel: string;
  token: string;
}

interface Session {
  language: Language;
  setLanguage: (language: Language) => void;
  roles: readonly Role[];
  role: Role | undefined;
  setRole: (name: string) => void;
  t: (word: Word) => string;
}

const Context = createContext<Session | undefined>(undefined);

const SERVICE = document.querySelector<HTMLMetaElement>("meta[name=service]")?.content ?? ".";

/** Returns an address of the service: beside the page, wherever that is served, unless the page says where else. */
const ofService = (path: string) => new URL(`${SERVICE}/${path}`, `${location.origin}${location.pathname}`).href;

/** What the browser keeps until it is closed; nothing where it keeps nothing. */
function kept(name: string, otherwise: string): [string, (value: string) => void] {
  const write = (value: string) => {
    try {
      sessionStorage.setItem(name, value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  };
  try {
    return [sessionStorage.getItem(name) ?? otherwise, write];
  } catch {
    return [otherwise, write];
  }
}

export function useSession(): Session {
  const session = useContext(Context);
  if (session === undefined) throw new Error("There is no session around this part of the page.");
  return session;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [keptLanguage, keepLanguage] = kept("language", navigator.language.startsWith("zh") ? "zh" : "en");
  const [keptRole, keepRole] = kept("role", "");
  const [language, setLanguage] = useState<Language>(keptLanguage === "zh" ? "zh" : "en");
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const [name, setName] = useState(keptRole);
  const role = roles.find((each) => each.name === name);

  useEffect(() => {
    // Elsewhere than in development nobody hands out tokens, and people sign in.
    void fetch(ofService("roles"))
      .then((answer) => (answer.ok ? (answer.json() as Promise<Role[]>) : []))
      .then((found) => setRoles(found.filter((each) => each.role === "citizen")));
  }, []);
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = say("title", language);
  }, [language]);

  const token = role?.token;
  const client = useMemo(
    () =>
      new Client({
        url: ofService("graphql"),
        exchanges: [cacheExchange, fetchExchange],
        preferGetMethod: false,
        requestPolicy: "cache-and-network",
        fetchOptions: {
          headers: {
            "Accept-Language": language === "zh" ? "zh-CN" : "en",
            ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          },
        },
      }),
    [language, token],
  );
  const session: Session = {
    language,
    setLanguage: (chosen) => {
      keepLanguage(chosen);
      setLanguage(chosen);
    },
    roles,
    role,
    setRole: (chosen) => {
      keepRole(chosen);
      setName(chosen);
    },
    t: (word) => say(word, language),
  };
  return (
    <Context value={session}>
      <Provider value={client}>{children}</Provider>
    </Context>
  );
}
