"""The real-name register of mobile numbers: whether a number is registered in somebody's own name (NX-1)."""

from collections.abc import Mapping
from typing import Protocol

import httpx

from domain.message import Message
from gateways.answers import Answer, MalformedAnswer
from gateways.provider import Provider
from gateways.sandbox import refuse_production

MOBILE_REGISTER = Message("手机号码实名核验系统", "real-name register of mobile numbers")


class MobileRegister(Protocol):
    """Knows in whose name mobile numbers are registered."""

    async def is_own(self, name: str, identity_type: str, identity_number: str, mobile: str) -> bool:
        """Say whether a mobile number is registered in somebody's own name.

        Args:
            name: as on the identity document; identity_type: a term of the identity types vocabulary.
            identity_number: in its one spelling; mobile: E.164, such as `+8613812345678`.

        Raises:
            GatewayUnavailable: the register has not answered, or not about this person and number.
        """
        ...


class HttpMobileRegister:
    """Asks the register: POST `/mobiles/confirm`; it answers identity number, mobile number and `own`.

    A 404 counts as a failure and never as "not theirs": a wrong address would answer so for everybody.

    Args:
        base_url, api_key: the register's address and our key there.
        client: the connection pool.
        timeout_seconds, attempts: for each try; how many tries.

    Raises:
        GatewayConfigurationError: the address or key cannot work.
    """

    def __init__(
        self, base_url: str, api_key: str, client: httpx.AsyncClient, *, timeout_seconds: float = 5.0, attempts: int = 3
    ) -> None:
        self._provider = Provider(MOBILE_REGISTER, base_url, api_key, client, timeout_seconds, attempts)

    async def is_own(self, name: str, identity_type: str, identity_number: str, mobile: str) -> bool:
        """Ask about a number; see `MobileRegister.is_own`."""
        # In the body and not the address, which is logged on the way.
        person = {"name": name, "identity_type": identity_type, "identity_number": identity_number}
        answer = await self._provider.ask("POST", "/mobiles/confirm", {**person, "mobile": mobile})
        with self._provider.reading():
            return _read(answer, {"identity_number": identity_number, "mobile": mobile})


class SandboxMobileRegister:
    """Knows in whose name the listed numbers are, and takes every other for the own number of whoever gives it.

    Args:
        environment: what the installation calls itself.
        registered: identity numbers by mobile number (E.164).

    Raises:
        GatewayConfigurationError: this is production.
    """

    def __init__(self, environment: str, registered: Mapping[str, str]) -> None:
        refuse_production(environment, "SandboxMobileRegister")
        self._registered = dict(registered)

    async def is_own(self, name: str, identity_type: str, identity_number: str, mobile: str) -> bool:
        """Ask about a number; see `MobileRegister.is_own`."""
        return self._registered.get(mobile, identity_number) == identity_number


def _read(answer: Answer, asked: Mapping[str, str]) -> bool:
    # An answer about somebody else, or another number, must never be taken for this one.
    for field, value in asked.items():
        if answer.text(field) != value:
            raise MalformedAnswer(field, "the one that was asked for")
    return answer.flag("own")
