"""One provider outside, spoken to over HTTP: bounded in time and size, retried, never redirected, never trusted."""

import logging
import re
import ssl
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
import httpx
import orjson
import stamina

from domain.message import Message
from gateways.answers import Answer, MalformedAnswer
from gateways.errors import GatewayConfigurationError, unavailable

logger = logging.getLogger(__name__)

MAXIMUM_ANSWER_BYTES = 1_000_000
"""The longest answer that is read; real ones are a few kilobytes."""

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_TRY_AGAIN = {408, 425, 429}


class _Failure(Exception):
    """One call failed; `passing` says whether another try may succeed."""

    def __init__(self, problem: Message, *, passing: bool) -> None:
        super().__init__(problem.en)
        self.problem = problem
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a provider is, and how patiently it is asked.

    A request carries personal data in its body only, since addresses are logged on the way.

    Args:
        name: what people call it in a sentence, such as "SMS provider".
        base_url: `https://…`; plain `http` only to this machine.
        api_key: sent as a bearer token; None for one that publishes to everybody.
        client: the connection pool, which the caller opens and closes.
        timeout_seconds: for each try, from connecting to the last byte.
        attempts: how often a call is tried at most.
        page_hosts: hosts besides the provider's own that it may send people's browsers to.

    Raises:
        GatewayConfigurationError: the address or the key cannot work.
    """

    name: Message
    base_url: str
    api_key: str | None = field(repr=False)
    client: httpx.AsyncClient
    timeout_seconds: float = 5.0
    attempts: int = 3
    page_hosts: Collection[str] = ()

    def __post_init__(self) -> None:
        if not is_trustworthy(self.base_url) or set(self.base_url) & set("?#"):
            raise GatewayConfigurationError(
                f"The address of the {self.name.en} must be https://host[/path], not {self.base_url!r}."
            )
        if self.api_key is not None and not re.fullmatch(r"[!-~]+", self.api_key):
            raise GatewayConfigurationError(
                f"The API key of the {self.name.en} must be set, in ASCII and without spaces."
            )

    async def ask(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Call the provider and return what it answers.

        Every POST carries an idempotency key, the same on each try, so that a retry never does a thing twice.

        Args:
            method: the verb.
            path: below the base address, such as `/messages`; holds no personal data.
            body: sent as JSON.
            idempotency_key: names the thing to be done, if the caller has a name for it.

        Raises:
            GatewayUnavailable: it did not answer in time, refused, or answered nonsense.
        """
        answer = await self.find(method, path, body, idempotency_key=idempotency_key)
        if answer is None:
            raise self._report(_refused(404).problem)
        return answer

    async def find(
        self,
        method: Literal["GET", "POST"],
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Answer | None:
        """Call the provider as `ask` does, and return None where it says that there is no such thing (404)."""
        url = self.base_url.rstrip("/") + path
        return await self._send(method, url, None if body is None else orjson.dumps(body), idempotency_key)

    async def document(self, url: str) -> Answer:
        """Return what is published at an address that the provider has named; the API key is not shown there.

        Raises:
            GatewayUnavailable: it cannot be had.
            MalformedAnswer: no document of a provider's can be there.
        """
        if not is_trustworthy(url):
            raise MalformedAnswer("url", "an https address")
        answer = await replace(self, api_key=None)._send("GET", url, None, None)
        if answer is None:
            raise self._report(_refused(404).problem)
        return answer

    async def _send(self, method: str, url: str, content: bytes | None, idempotency_key: str | None) -> Answer | None:
        request = self.client.build_request(
            method,
            url,
            content=content,
            headers=self._headers(idempotency_key or uuid4().hex),
            timeout=self.timeout_seconds,
        )
        patience = stamina.AsyncRetryingCaller(
            attempts=self.attempts, timeout=2 * self.timeout_seconds, wait_initial=0.1, wait_max=1.0, wait_jitter=0.2
        )
        try:
            return await patience(_is_passing, self._try_once, request)
        except _Failure as failure:
            raise self._report(failure.problem) from failure

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn a field that is missing or wrong in an answer into GatewayUnavailable."""
        try:
            yield
        except MalformedAnswer as malformed:
            raise self._report(_nonsense(malformed).problem) from malformed

    def page(self, answer: Answer, name: str) -> str:
        """Return an address from an answer that people's browsers may be sent to.

        Raises:
            MalformedAnswer: it is not an address of the provider's.
        """
        url = answer.text(name)
        own = urlsplit(self.base_url).hostname or ""
        if not is_trustworthy(url, hosts={own, *self.page_hosts}):
            raise MalformedAnswer(name, "an https address on a host of the provider's")
        return url

    def _headers(self, idempotency_key: str) -> dict[str, str]:
        return {
            **({} if self.api_key is None else {"Authorization": f"Bearer {self.api_key}"}),
            "Content-Type": "application/json",
            "Accept": "application/json",
            # A compressed answer could unpack to any size.
            "Accept-Encoding": "identity",
            "Idempotency-Key": idempotency_key,
        }

    async def _try_once(self, request: httpx.Request) -> Answer | None:
        try:
            # httpx limits the silence between bytes; this limits the whole, against an answer that trickles.
            with anyio.fail_after(self.timeout_seconds):
                response = await self.client.send(request, stream=True, follow_redirects=False)
                try:
                    return await _read(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise _too_slow(self.timeout_seconds) from error
        except httpx.HTTPError as error:
            raise (_untrusted() if _is_untrusted(error) else _unreachable()) from error
        except MalformedAnswer as error:
            raise _nonsense(error) from error

    def _report(self, problem: Message) -> Exception:
        logger.warning("The %s cannot be used: %s", self.name.en, problem.en)
        return unavailable(self.name, problem)


def _is_passing(error: Exception) -> bool:
    return isinstance(error, _Failure) and error.passing


async def _read(response: httpx.Response) -> Answer | None:
    if response.status_code == 404:
        return None
    if not response.is_success:
        raise _refused(response.status_code)
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MAXIMUM_ANSWER_BYTES:
            raise MalformedAnswer("body", f"{MAXIMUM_ANSWER_BYTES} bytes at most")
    return Answer(bytes(content))


def is_trustworthy(url: str, hosts: Collection[str] | None = None) -> bool:
    """Say whether an address is https (or this machine's), plainly spelled, and on one of the hosts."""
    # What a browser reads differently from Python (spaces, backslashes, control characters) is nobody's address.
    if not re.fullmatch(r"https?://[!-\[\]-~]+", url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or host in _LOOPBACK
    return bool(host) and secure and "@" not in parts.netloc and (hosts is None or host in hosts)


def _too_slow(seconds: float) -> _Failure:
    return _Failure(
        Message(f"{seconds:g}秒内没有答复", f"it did not answer within {seconds:g} seconds"),
        passing=True,
    )


def _unreachable() -> _Failure:
    return _Failure(
        Message("无法建立连接或连接中断", "the connection could not be made or broke off"),
        passing=True,
    )


def _untrusted() -> _Failure:
    return _Failure(
        Message("证书不受信任", "its certificate is of no authority that is trusted, or not its own"),
        passing=False,
    )


def _is_untrusted(error: BaseException | None) -> bool:
    """Say whether a connection was not made because of the certificate that was shown."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _refused(status: int) -> _Failure:
    return _Failure(
        Message(f"返回了状态码{status}", f"it answered HTTP {status}"),
        passing=status >= 500 or status in _TRY_AGAIN,
    )


def _nonsense(malformed: MalformedAnswer) -> _Failure:
    return _Failure(
        Message(f"答复的内容不符合约定：`{malformed.field}`", f"its answer is not as agreed ({malformed})"),
        passing=False,
    )
