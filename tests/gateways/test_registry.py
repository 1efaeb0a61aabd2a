from dataclasses import asdict, replace
from datetime import date
from typing import Any

import httpx
import pytest

from domain.errors import GatewayUnavailable, InvalidInput, NotFound
from gateways.registry import HttpIdentityRegistry, IdentityRegistry, RegistryPerson, SandboxRegistry
from tests.gateways.provider_server import ProviderServer, Reply

pytestmark = pytest.mark.anyio

PERSON = RegistryPerson(
    name="张三",
    holder_type="resident",
    identity_type="resident_identity_card",
    identity_number="11010519491231002X",
    born_on=date(1949, 12, 31),
    insured_in=("510100",),
    employed_in=(),
    photo_on_file=True,
    photo_taken_on=date(2020, 5, 1),
    full_capacity=True,
    groups=("retired",),
)
ANSWER: dict[str, Any] = asdict(PERSON) | {"born_on": "1949-12-31", "photo_taken_on": "2020-05-01"}
PATH = "/people/confirm"


def over_http(server: ProviderServer, client: httpx.AsyncClient) -> HttpIdentityRegistry:
    return HttpIdentityRegistry(server.base_url, "key", client)


async def test_the_register_confirms_a_person(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(PATH, ANSWER)
    confirmed = await over_http(provider, client).confirm(" 张三 ", "resident_identity_card", "11010519491231002x")
    assert confirmed == PERSON
    (request,) = provider.received
    assert request.path == PATH  # personal data is in the body only
    assert request.json == {
        "name": "张三",
        "identity_type": "resident_identity_card",
        "identity_number": "11010519491231002X",
    }


async def test_a_person_without_a_photo(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    provider.reply_json(PATH, ANSWER | {"photo_on_file": False, "photo_taken_on": None})
    confirmed = await over_http(provider, client).confirm("张三", "resident_identity_card", "11010519491231002X")
    assert confirmed == replace(PERSON, photo_on_file=False, photo_taken_on=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "李四"},
        {"identity_number": "110105194912310000"},
        {"identity_type": "passport"},
        {"born_on": "1949"},
        {"born_on": None},
        {"insured_in": "510100"},
        {"insured_in": [510100]},
        {"employed_in": None},
        {"photo_on_file": 1},
        {"full_capacity": None},
        {"photo_taken_on": "soon"},
        {"groups": None},
        {"holder_type": ""},
    ],
)
async def test_an_answer_that_does_not_fit_is_not_believed(
    provider: ProviderServer, client: httpx.AsyncClient, wrong: dict[str, Any]
) -> None:
    provider.reply_json(PATH, ANSWER | wrong)
    with pytest.raises(GatewayUnavailable) as caught:
        await over_http(provider, client).confirm("张三", "resident_identity_card", "11010519491231002X")
    told = caught.value.message.zh + caught.value.message.en
    assert "人口与参保登记系统" in told
    assert next(iter(wrong)) in told
    assert not any(personal in told for personal in ("张三", "李四", "1101051949"))


@pytest.mark.parametrize("reply", [Reply(status=500), Reply(status=401), Reply(b"<html>")])
async def test_a_register_that_fails_has_not_said_no(
    provider: ProviderServer, client: httpx.AsyncClient, reply: Reply
) -> None:
    provider.reply(PATH, reply)
    with pytest.raises(GatewayUnavailable):
        await over_http(provider, client).confirm("张三", "resident_identity_card", "11010519491231002X")


async def test_who_is_not_known_is_not_confirmed_and_not_told_why(
    provider: ProviderServer, client: httpx.AsyncClient
) -> None:
    registers: list[IdentityRegistry] = [over_http(provider, client), SandboxRegistry("development", [PERSON])]
    for register in registers:
        with pytest.raises(NotFound) as caught:
            await register.confirm("李四", "resident_identity_card", "11010519491231002X")
        assert caught.value.code == "IDENTITY_NOT_CONFIRMED"
        assert "****002X" in caught.value.message.zh
        assert "11010519491231002X" not in caught.value.message.zh + caught.value.message.en


async def test_numbers_that_cannot_be_are_not_asked_about(provider: ProviderServer, client: httpx.AsyncClient) -> None:
    registers: list[IdentityRegistry] = [over_http(provider, client), SandboxRegistry("development", [PERSON])]
    for register in registers:
        with pytest.raises(InvalidInput) as caught:
            await register.confirm("张三", "resident_identity_card", "110105491231002")
        assert caught.value.code == "IDENTITY_NUMBER_INVALID"
    assert provider.received == []


async def test_the_sandbox_knows_the_listed_people_only() -> None:
    foreigner = replace(PERSON, name="Anna Schmidt", identity_type="passport", identity_number="C01X00T47")
    register = SandboxRegistry("development", [PERSON, foreigner])
    assert await register.confirm("张三", "resident_identity_card", "11010519491231002x") == PERSON
    assert await register.confirm("Anna Schmidt", "passport", "c01x00t47") == foreigner
    for name, identity_type, number in (
        ("Anna Schmidt", "residence_permit", "C01X00T47"),
        ("张三", "passport", "C01X00T47"),
        ("张", "resident_identity_card", "11010519491231002X"),
    ):
        with pytest.raises(NotFound):
            await register.confirm(name, identity_type, number)
