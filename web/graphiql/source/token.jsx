import { useState } from "react";

// One for each path, as several services may share a host; gone with the browser's tab.
const KEY = `token:${location.pathname}`;

/** Returns the token that all tabs send unless their own headers hold another; empty if there is none. */
export function tokenForAllTabs() {
  return (sessionStorage.getItem(KEY) ?? "").trim().replace(/^bearer\s+/i, "");
}

/** The field for the token of all tabs. */
export function TokenField() {
  const [token, setToken] = useState(tokenForAllTabs);
  const keep = ({ target }) => {
    sessionStorage.setItem(KEY, target.value);
    setToken(target.value);
  };
  const label = "所有标签页的令牌 · Token for all tabs";
  return (
    <input
      className="token-field"
      type="password"
      autoComplete="off"
      aria-label={label}
      title={label}
      placeholder="粘贴令牌 · Paste a token"
      value={token}
      onChange={keep}
    />
  );
}
