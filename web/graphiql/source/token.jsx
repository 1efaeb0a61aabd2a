import { useState } from "react";
import { DemoRoles } from "./roles.jsx";

// One for each path, as several services may share a host; gone with the browser's tab.
const KEY = `token:${location.pathname}`;

/** Returns the token that all tabs send unless their own headers hold another; empty if there is none. */
export function tokenForAllTabs() {
  return (sessionStorage.getItem(KEY) ?? "").trim().replace(/^bearer\s+/i, "");
}

/** The field for the token of all tabs, and where there is a demo, the menu of its people. */
export function TokenField() {
  const [token, setToken] = useState(tokenForAllTabs);
  const keep = (value) => {
    sessionStorage.setItem(KEY, value);
    setToken(value);
  };
  const label = "所有标签页的令牌 · Token for all tabs";
  return (
    <>
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
