"""An identity provider of the service's own, for whoever develops: it asks nobody who they are, and signs in as anybody of the demo.

It is an OpenID Connect issuer like any other (discovery, keys, code flow with PKCE), so that the way that a token takes is the same as with a
real one. Production has none.
"""

import html
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

PATH: Final = "/development-issuer"
CLIENT: Final = "pages"
"""Under which name the service's own pages sign in."""
KEY_ID: Final = "development"
CODE_LASTS: Final = timedelta(minutes=1)
_CODE: Final = "authorization code"
_CHALLENGE: Final = "code_challenge"
_LIFE: Final = timedelta(hours=1)
_ROLES_PAGE: Final = Path(__file__).with_name("development_issuer.html")
_MOST: Final = 16 * 1024
_NO_STORE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class DevelopmentIssuer:
    """What it is, and what it signs.

    Args:
        address: its claim `iss`; pages: where it sends whoever has signed in, and nowhere else.
        key: that it signs with; roles: `name` and `about` of each whom it signs in as.
        sign: makes an access token of one of them, good for an hour; subject: says their claim `sub`.
        now: tells the time.
    """

    address: str
    pages: str
    key: Ed25519PrivateKey
    roles: Sequence[Mapping[str, str]]
    sign: Callable[[str], str]
    subject: Callable[[str], str]
    now: Callable[[], datetime]
    _used: set[str] = field(default_factory=set)

    def routes(self) -> list[BaseRoute]:
        """Return its addresses."""
        return [
            Route(f"{PATH}/.well-known/openid-configuration", self._configuration, methods=["GET"]),
            Route(f"{PATH}/keys", self._keys, methods=["GET"]),
            Route(f"{PATH}/authorize", self._authorize, methods=["GET"]),
            Route(f"{PATH}/token", self._token, methods=["POST"]),
        ]

    async def _configuration(self, request: Request) -> Response:
        return _json(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid"],
                "id_token_signing_alg_values_supported": ["EdDSA"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _keys(self, request: Request) -> Response:
        public: Any = jwt.get_algorithm_by_name("EdDSA").to_jwk(self.key.public_key(), as_dict=True)
        return _json({"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]})

    async def _authorize(self, request: Request) -> Response:
        """Ask as whom to sign in, and lead back with a code once that is chosen."""
        asked = dict(request.query_params)
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != self.pages:
            # Nobody is led anywhere else: that would hand them a code.
            return _json(
                {"error": "invalid_request", "error_description": "client_id or redirect_uri is not known"}, 400
            )
        back = {name: asked[name] for name in ("state",) if name in asked} | {"iss": self.address}
        wrong = asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256"
        if wrong or not asked.get(_CHALLENGE):
            return self._lead({"error": "invalid_request", **back})
        role = asked.pop("as", None)
        if role is None:
            return HTMLResponse(self._page(asked), headers=_NO_STORE)
        if role not in {each["name"] for each in self.roles}:
            return self._lead({"error": "access_denied", **back})
        code = {"role": role, "aud": _CODE, "jti": secrets.token_urlsafe(16), "exp": self.now() + CODE_LASTS}
        code |= {name: asked[name] for name in (_CHALLENGE, "nonce") if name in asked}
        return self._lead({"code": jwt.encode(code, self.key, "EdDSA"), **back})

    async def _token(self, request: Request) -> Response:
        body = await request.body() if int(request.headers.get("content-length") or _MOST + 1) <= _MOST else b""
        asked = {
            name: values[0] for name, values in parse_qs(body.decode("ascii", "replace"), max_num_fields=16).items()
        }
        try:
            code = self._redeemed(asked)
        except (jwt.InvalidTokenError, ValueError):
            return _json({"error": "invalid_grant"}, 400)
        role, now = code["role"], self.now()
        said = {"iss": self.address, "aud": CLIENT, "sub": self.subject(role), "iat": now, "exp": now + _LIFE}
        said |= {"nonce": code["nonce"]} if "nonce" in code else {}
        return _json(
            {
                "access_token": self.sign(role),
                "token_type": "Bearer",
                "expires_in": int(_LIFE.total_seconds()),
                "scope": "openid",
                "id_token": jwt.encode(said, self.key, "EdDSA", headers={"kid": KEY_ID}),
            }
        )

    def _redeemed(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return what a code says that is redeemed for the first time, by whoever it was asked for.

        Raises:
            InvalidTokenError, ValueError: it is not ours, not theirs, over, or used.
        """
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != self.pages:
            raise ValueError("another client")
        said: dict[str, Any] = jwt.decode(
            asked.get("code", ""), self.key.public_key(), ["EdDSA"], {"verify_exp": False}, audience=_CODE
        )
        hashed = urlsafe_b64encode(sha256(asked.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if not secrets.compare_digest(hashed.encode(), said[_CHALLENGE].encode()):
            raise ValueError("another verifier")
        if said["exp"] < self.now().timestamp() or said["jti"] in self._used:
            raise ValueError("over")
        self._used.add(said["jti"])
        return said

    def _lead(self, given: Mapping[str, str]) -> Response:
        return RedirectResponse(f"{self.pages}?{urlencode(given)}", 303, _NO_STORE)

    def _page(self, asked: Mapping[str, str]) -> str:
        """Return the page on which somebody chooses as whom to sign in."""
        items = "".join(
            f'<li><a href="?{html.escape(urlencode({**asked, "as": role["name"]}))}">{html.escape(role["name"])}</a> '
            f"{html.escape(role['about'])}</li>"
            for role in self.roles
        )
        return _ROLES_PAGE.read_text(encoding="utf-8").replace("ROLES", items)


def _json(content: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, _NO_STORE, "application/json")
