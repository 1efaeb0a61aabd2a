"""Spellings of one name, as keyboards and registers write it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from domain.errors import NotFound
from domain.names import normal_name, same_name
from gateways.registry import HttpIdentityRegistry, IdentityRegistry, RegistryPerson, SandboxRegistry
from tests.gateways.provider_server import ProviderServer
from tests.gateways.test_registry import ANSWER, PATH, PERSON

DOTTED = "阿卜杜·热合曼"
SPELLINGS = [
    "阿卜杜·热合曼",
    "阿卜杜•热合曼",
    "阿卜杜・热合曼",
    "阿卜杜･热合曼",
    "阿卜杜‧热合曼",
    "阿卜杜∙热合曼",
    "阿卜杜⋅热合曼",
    "阿卜杜.热合曼",
    "阿卜杜．热合曼",
    "阿卜杜 · 热合曼",
    " 阿卜杜·热合曼\u3000",
    "阿卜杜\u200b·热合曼",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_dot_of_a_chinese_name_is_the_middle_dot(spelling: str) -> None:
    assert normal_name(spelling) == DOTTED
    assert same_name(spelling, DOTTED)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ＡＮＮＡ　ＳＣＨＭＩＤＴ", "ANNA SCHMIDT"),
        ("Anna  Schmidt ", "Anna Schmidt"),
        ("anna\tschmidt", "anna schmidt"),
        ("JOHN A. SMITH", "JOHN A. SMITH"),
        ("王　示例", "王 示例"),
    ],
)
def test_names_are_kept_in_one_width_with_single_spaces(typed: str, kept: str) -> None:
    assert normal_name(typed) == kept
    assert same_name(typed, kept)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna Schmidt", "ANNA SCHMIDT"), ("John A. Smith", "JOHN A· SMITH"), ("王　五", "王五"), ("ﾔﾏ", "ヤマ")],
)
def test_what_does_not_tell_two_people_apart_does_not_count(one: str, other: str) -> None:
    assert same_name(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("张三", "张三三"), ("阿卜杜·热合曼", "阿卜杜热合曼"), ("Anna Schmidt", "AnnaSchmidt"), ("王五", "玉五")],
)
def test_other_names_are_other_names(one: str, other: str) -> None:
    assert not same_name(one, other)


Registers = Callable[[], list[IdentityRegistry]]


@pytest.fixture
def registers(provider: ProviderServer, client: httpx.AsyncClient) -> Registers:
    def made() -> list[IdentityRegistry]:
        answer: dict[str, Any] = {**ANSWER, "name": "阿卜杜•热合曼"}
        provider.reply_json(PATH, answer)
        listed = RegistryPerson(**{**vars_of(PERSON), "name": "阿卜杜•热合曼"})
        return [HttpIdentityRegistry(provider.base_url, "key", client), SandboxRegistry("development", [listed])]

    return made


def vars_of(person: RegistryPerson) -> dict[str, Any]:
    """Return a person's fields by name."""
    return {name: getattr(person, name) for name in RegistryPerson.__dataclass_fields__}


@pytest.mark.anyio
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_the_register_confirms_a_name_however_it_is_typed(
    registers: Registers, provider: ProviderServer, spelling: str
) -> None:
    for register in registers():
        found = await register.confirm(spelling, PERSON.identity_type, PERSON.identity_number)
        assert same_name(found.name, DOTTED)
    assert provider.received[0].json["name"] == DOTTED


@pytest.mark.anyio
async def test_the_register_still_knows_nobody_by_another_name() -> None:
    register = SandboxRegistry("development", [PERSON])
    with pytest.raises(NotFound):
        await register.confirm("张三三", PERSON.identity_type, PERSON.identity_number)
