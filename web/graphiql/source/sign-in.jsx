import { InMemoryWebStorage, UserManager, WebStorageStateStore } from "oidc-client-ts";
import { useEffect, useState } from "react";

// Which issuer somebody was sent to; one for each path, as several services may share a host.
const SENT_TO = `sign-in:${location.pathname}`;
const HERE = location.origin + location.pathname;

// In the memory of the page alone: gone with it, and out of reach of whatever else is served on the host.
let signedIn = null;

/** Returns the token of whoever has signed in; empty if nobody has, or it has run out. */
export function tokenOfSignIn() {
  return signedIn && !signedIn.user.expired ? signedIn.user.access_token : "";
}

function managerOf({ issuer, clientId, scope }) {
  return new UserManager({
    authority: issuer,
    client_id: clientId,
    scope,
    redirect_uri: HERE,
    post_logout_redirect_uri: HERE,
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    // The verifier of PKCE has to outlive the way to the issuer and back.
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: `${SENT_TO}:` }),
    automaticSilentRenew: false,
    loadUserInfo: false,
  });
}

/** Takes in what an issuer has led somebody back with, and takes it out of the address. */
async function ledBack(issuers) {
  const given = new URLSearchParams(location.search);
  const sentTo = issuers.find(({ issuer }) => issuer === sessionStorage.getItem(SENT_TO));
  if (!sentTo || !given.has("state")) return null;
  sessionStorage.removeItem(SENT_TO);
  const manager = managerOf(sentTo);
  try {
    if (!given.has("code") && !given.has("error")) {
      await manager.signoutCallback(location.href);
      return null;
    }
    return { manager, user: await manager.signinCallback(location.href) };
  } finally {
    history.replaceState(null, "", location.pathname);
  }
}

// Once for the page, whatever React does: a code is good for one time.
let looking = null;
function look() {
  // Relative to this page, wherever it is served.
  looking ??= fetch("sign-in")
    .then((answer) => answer.json())
    .then(async (issuers) => {
      try {
        signedIn = await ledBack(issuers);
        return { issuers, problem: "" };
      } catch (error) {
        return { issuers, problem: error.message };
      }
    });
  return looking;
}

/** Buttons to sign in with each issuer, and once that is done, the one to sign out. */
export function SignIn() {
  const [{ issuers, problem }, setFound] = useState({ issuers: [], problem: "" });
  const [, again] = useState(0);
  useEffect(() => {
    look().then((found) => {
      signedIn?.manager.events.addAccessTokenExpired(() => again((count) => count + 1));
      setFound(found);
    });
  }, []);
  if (tokenOfSignIn()) {
    const leave = async () => {
      const { manager } = signedIn;
      const { end_session_endpoint: ends } = await manager.metadataService.getMetadata();
      signedIn = null;
      again((count) => count + 1);
      if (!ends) return manager.removeUser();
      sessionStorage.setItem(SENT_TO, manager.settings.authority);
      return manager.signoutRedirect();
    };
    return (
      <button className="sign-in" type="button" title={signedIn.user.profile.sub} onClick={() => void leave()}>
        退出 · Sign out
      </button>
    );
  }
  const go = (issuer) => {
    sessionStorage.setItem(SENT_TO, issuer.issuer);
    managerOf(issuer)
      .signinRedirect()
      .catch((error) => setFound({ issuers, problem: error.message }));
  };
  return (
    <>
      {issuers.map((issuer) => (
        <button key={issuer.issuer} className="sign-in" type="button" title={issuer.issuer} onClick={() => go(issuer)}>
          登录 · Sign in{issuers.length > 1 ? ` (${new URL(issuer.issuer).pathname.slice(1) || new URL(issuer.issuer).host})` : ""}
        </button>
      ))}
      {problem && <span role="alert">{problem}</span>}
    </>
  );
}
