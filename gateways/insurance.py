"""The insurance register: which kinds of social insurance somebody holds in a city (CD-7)."""

import re
from collections.abc import Mapping
from typing import Protocol

import httpx

from domain.message import Message
from gateways.answers import Answer, MalformedAnswer
from gateways.provider import Provider
from gateways.sandbox import refuse_production

INSURANCE_PROVIDER = Message("社会保险参保登记系统", "insurance register")

_WORD = re.compile(r"[a-z_]{1,64}")


class InsuranceRegister(Protocol):
    """Knows who is insured where."""

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up the insurance kinds that a person holds in a city.

        Args:
            social_security_number: as on the card's record.
            region: the city, GB/T 2260.

        Returns:
            Terms of the insurance kinds vocabulary as the register names them (the caller compares them with the
            vocabulary); empty for who holds none there.

        Raises:
            GatewayUnavailable: the register has not answered, or not about this person and city.
        """
        ...


class HttpInsuranceRegister:
    """Asks the register: POST `/insurance/kinds`; it answers number, region and `kinds`, an empty list for none.

    A 404 counts as a failure and never as "holds none": a wrong address would answer so for everybody.

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
        self._provider = Provider(INSURANCE_PROVIDER, base_url, api_key, client, timeout_seconds, attempts)

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up insurance kinds; see `InsuranceRegister.kinds`."""
        # In the body and not the address, which is logged on the way.
        asked = {"social_security_number": social_security_number, "region": region}
        answer = await self._provider.ask("POST", "/insurance/kinds", asked)
        with self._provider.reading():
            return _read(answer, asked)


class SandboxInsuranceRegister:
    """Knows the listed insurance and no other.

    Args:
        environment: what the installation calls itself.
        held: insurance kinds by social security number and city (GB/T 2260).

    Raises:
        GatewayConfigurationError: this is production.
    """

    def __init__(self, environment: str, held: Mapping[tuple[str, str], frozenset[str]]) -> None:
        refuse_production(environment, "SandboxInsuranceRegister")
        self._held = dict(held)

    async def kinds(self, social_security_number: str, region: str) -> frozenset[str]:
        """Look up insurance kinds; see `InsuranceRegister.kinds`."""
        return self._held.get((social_security_number, region), frozenset())


def _read(answer: Answer, asked: dict[str, str]) -> frozenset[str]:
    # An answer about somebody else, or another city, must never be taken for this one.
    for field, value in asked.items():
        if answer.text(field) != value:
            raise MalformedAnswer(field, "the one that was asked for")
    kinds = answer.texts("kinds")
    if not all(_WORD.fullmatch(kind) for kind in kinds):
        raise MalformedAnswer("kinds", "a list of words in small letters")
    return frozenset(kinds)
