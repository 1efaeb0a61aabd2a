// An OpenID Connect provider on this machine, for tests: `node provider.mjs AUDIENCE`; prints its address.
// It asks nobody for a password. POST /rotate gives it another key, and POST /pages?url=… pages that people sign in to;
// POST /token takes `say`, more claims as JSON, and `ttl`.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [audience] = process.argv.slice(2);
const CLERK = { role: "clerk", channel: "service_window", office: "window-510100", region: "510100" };

function key() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "ES256" };
}

const configuration = (pages) => ({
  clients: [
    {
      client_id: "pages",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code"],
      response_types: ["code"],
      redirect_uris: [`${pages}/graphql`],
      post_logout_redirect_uris: [`${pages}/graphql`],
      backchannel_logout_uri: `${pages}/callbacks/logout`,
      backchannel_logout_session_required: true,
      id_token_signed_response_alg: "ES256",
    },
    {
      client_id: "machine",
      client_secret: "machine",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
  ],
  // Its own dispatcher reaches no address of this machine.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  clientBasedCORS: () => true,
  cookies: { keys: [randomUUID()] },
  clientDefaults: { id_token_signed_response_alg: "ES256" },
  enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid");
    grant.addResourceScope(audience, "");
    await grant.save();
    return grant;
  },
  extraTokenClaims: (ctx, token) => ({
    ...(token.kind === "ClientCredentials" ? JSON.parse(ctx.oidc.body.say ?? "{}") : CLERK),
    ...(ctx.oidc.entities.AuthorizationCode?.sid ? { sid: ctx.oidc.entities.AuthorizationCode.sid } : {}),
  }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        ctx.body = `<!doctype html><link rel="icon" href="data:," /><title>Sign out</title>${form}<button form="op.logoutForm" name="logout" value="yes">Yes</button>`;
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: "",
        audience: resource,
        accessTokenTTL: Number(ctx.oidc.body?.ttl ?? 600),
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});

let provider;
let callback;
let pages = "http://127.0.0.1:9";
let keys = [key()];
function begin(issuer) {
  provider = new Provider(issuer, { ...configuration(pages), jwks: { keys } });
  callback = provider.callback();
}

const server = createServer(async (request, response) => {
  if (request.url === "/rotate") {
    keys = [key()];
    begin(provider.issuer);
    response.end();
  } else if (request.url.startsWith("/pages?")) {
    pages = new URL(request.url, provider.issuer).searchParams.get("url");
    begin(provider.issuer);
    response.end();
  } else if (request.url.startsWith("/interaction/")) {
    await provider.interactionFinished(request, response, { login: { accountId: "clerk-7" } });
  } else callback(request, response);
});
server.listen(0, "127.0.0.1", () => {
  begin(`http://127.0.0.1:${server.address().port}`);
  console.log(provider.issuer);
});
