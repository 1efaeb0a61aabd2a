import { useState } from "react";
import { DemoRoles } from "./roles.jsx";
import { SignIn, tokenOfSignIn } from "./sign-in.jsx";

// One for each path, as several services may share a host; gone with the browser's tab.
const KEY = `token:${location.pathname}`;

/** Returns the token that was pasted for all tabs; empty if there is none. */
function pasted() {
  return (sessionStorage.getItem(KEY) ?? "").trim().replace(/^bearer\s+/i, "");
}

/** Returns the token that all tabs send unless their own headers hold another; empty if there is none. */
export function tokenForAllTabs() {
  return pasted() || tokenOfSignIn();
}

/** The field for the token of all tabs, and where there is a demo, the menu of its people; beside it, where people sign in. */
export function TokenField() {
  const [token, setToken] = useState(pasted);
  const keep = (value) => {
    sessionStorage.setItem(KEY, value);
    setToken(value);
  };
  const label = "所有标签页的令牌 · Token for all tabs";
  return (
    <>
      <SignIn />
      <DemoRoles choose={keep} />
      <input
        className="token-field"
        type="password"
        autoComplete="off"
        aria-label={label}
        title={label}
        placeholder="粘贴令牌 · Paste a token"
        value={token}
        onChange={({ target }) => keep(target.value)}
      />
    </>
  );
}
