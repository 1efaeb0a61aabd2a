"""The population and insurance register: it confirms who somebody is, and what the offices already know of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import httpx

from domain.errors import NotFound
from domain.identity import person_key
from domain.message import Message
from domain.names import comparable_name, normal_name, same_name
from gateways.answers import Answer, MalformedAnswer
from gateways.identity_number import mask_identity_number, normalise_identity_number
from gateways.provider import Provider
from gateways.sandbox import refuse_production

REGISTRY_PROVIDER = Message("人口与参保登记系统", "population and insurance register")


@dataclass(frozen=True, slots=True)
class RegistryPerson:
    """A person as the register has them.

    Args:
        name: as on the identity document.
        holder_type: a term of the holder types vocabulary.
        identity_type, identity_number: the identity document.
        born_on: date of birth.
        insured_in, employed_in: GB/T 2260 codes where the person is insured or employed.
        photo_on_file, photo_taken_on: whether the offices have a photo, and its day if known.
        full_capacity: False for an adult without full capacity for civil conduct.
        groups: terms of the population groups vocabulary.
    """

    name: str
    holder_type: str
    identity_type: str
    identity_number: str
    born_on: date
    insured_in: tuple[str, ...] = ()
    employed_in: tuple[str, ...] = ()
    photo_on_file: bool = False
    photo_taken_on: date | None = None
    full_capacity: bool = True
    groups: tuple[str, ...] = ()


class IdentityRegistry(Protocol):
    """Confirms identities."""

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm that a name and an identity document belong together.

        Args:
            name: as on the document; how dots, widths, spaces and capitals are typed does not matter.
            identity_type: a term of the identity types vocabulary.
            identity_number: as typed.

        Raises:
            InvalidInput: IDENTITY_NUMBER_INVALID, no such document can have that number.
            NotFound: IDENTITY_NOT_CONFIRMED, the register knows nobody of that name and document; it never says
                which of the two is wrong.
            GatewayUnavailable: the register has not answered.
        """
        ...


class HttpIdentityRegistry:
    """Confirms identities at the register: POST `/people/confirm`; it answers the person, or 404.

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
        self._provider = Provider(REGISTRY_PROVIDER, base_url, api_key, client, timeout_seconds, attempts)

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm an identity; see `IdentityRegistry.confirm`."""
        number = normalise_identity_number(identity_type, identity_number)
        # In the body and not the address, which is logged on the way.
        asked = {"name": normal_name(name), "identity_type": identity_type, "identity_number": number}
        answer = await self._provider.find("POST", "/people/confirm", asked)
        if answer is None:
            raise _not_confirmed(number)
        with self._provider.reading():
            return _read(answer, asked)


class SandboxRegistry:
    """Knows the listed people and nobody else.

    Args:
        environment: what the installation calls itself.
        people: who is in the register.

    Raises:
        GatewayConfigurationError: this is production.
    """

    def __init__(self, environment: str, people: Sequence[RegistryPerson]) -> None:
        refuse_production(environment, "SandboxRegistry")
        self._people = {
            (comparable_name(person.name), *person_key(person.identity_type, person.identity_number)): person
            for person in people
        }

    async def confirm(self, name: str, identity_type: str, identity_number: str) -> RegistryPerson:
        """Confirm an identity; see `IdentityRegistry.confirm`."""
        number = normalise_identity_number(identity_type, identity_number)
        try:
            found = self._people[comparable_name(name), *person_key(identity_type, number)]
        except KeyError:
            raise _not_confirmed(number) from None
        # As the real one, it knows a person by every document that carries the citizen number.
        return replace(found, identity_type=identity_type)


def _read(answer: Answer, asked: dict[str, str]) -> RegistryPerson:
    # An answer about somebody else must never be taken for this person's.
    for field, value in asked.items():
        found = answer.text(field)
        if found != value and not (field == "name" and same_name(found, value)):
            raise MalformedAnswer(field, "the one that was asked for")
    return RegistryPerson(
        name=normal_name(answer.text("name")),
        holder_type=answer.text("holder_type"),
        identity_type=answer.text("identity_type"),
        identity_number=answer.text("identity_number"),
        born_on=answer.day("born_on"),
        insured_in=answer.texts("insured_in"),
        employed_in=answer.texts("employed_in"),
        photo_on_file=answer.flag("photo_on_file"),
        photo_taken_on=answer.optional_day("photo_taken_on"),
        full_capacity=answer.flag("full_capacity"),
        groups=answer.texts("groups"),
    )


def _not_confirmed(number: str) -> NotFound:
    masked = mask_identity_number(number)
    return NotFound(
        Message(
            f"姓名和证件号码“{masked}”对不上。请对照证件核对姓名、证件类型和号码；"
            "都没有错的，请到服务网点窗口更正登记信息。",
            f"The register does not confirm that this name and the document number {masked} belong together. Check "
            "the name, the type of document and the number against the document; if they are right, have the "
            "register corrected at a service window.",
        ),
        code="IDENTITY_NOT_CONFIRMED",
    )
