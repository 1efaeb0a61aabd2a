import logging
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import GatewayUnavailable
from gateways.errors import GatewayConfigurationError, PasswordUnreadable
from gateways.passwords import MAXIMUM_AT_ONCE, MAXIMUM_MEMORY_KIB, PasswordHasher

CHEAP = PasswordHasher.cheap()
STORED = "$argon2id$v=19$m=8,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$Tq2bgW2a+57bcgDPvMoptTYv+OzmymTaPWOvCWuixBY"
"""13572468, with a salt of the bytes 0 to 15."""


@pytest.mark.anyio
async def test_only_the_password_that_was_hashed_is_right() -> None:
    stored = await CHEAP.hash("13572468")
    assert await CHEAP.verify(stored, "13572468")
    for wrong in ("", "13572469", "1357246", "13572468 ", "13572468\0", "１３５７２４６８", stored, "\ud800"):
        assert not await CHEAP.verify(stored, wrong)


@pytest.mark.anyio
async def test_other_implementations_of_argon2id_make_and_read_the_same_hashes() -> None:
    other = Argon2id(salt=bytes(range(16)), length=32, iterations=1, lanes=1, memory_cost=8)
    assert other.derive_phc_encoded(b"13572468") == STORED
    assert await CHEAP.verify(STORED, "13572468")
    Argon2id.verify_phc_encoded(b"24681357", await CHEAP.hash("24681357"))


@pytest.mark.anyio
async def test_the_same_password_never_has_the_same_hash() -> None:
    stored = [await CHEAP.hash("13572468") for _ in range(20)]
    assert len(set(stored)) == 20
    assert not any("13572468" in text for text in stored)


@settings(max_examples=30)
@given(password=st.text(st.characters(codec=None)), other=st.text(st.characters(codec=None)))
def test_whatever_is_typed_is_hashed_and_told_from_everything_else(password: str, other: str) -> None:
    async def checked() -> tuple[bool, bool]:
        stored = await CHEAP.hash(password)
        return await CHEAP.verify(stored, password), await CHEAP.verify(stored, other)

    assert anyio.run(checked) == (True, other == password)


@pytest.mark.anyio
async def test_real_costs_are_argon2id_as_the_rfc_recommends() -> None:
    stored = await PasswordHasher().hash("13572468")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await PasswordHasher().verify(stored, "13572468")


@pytest.mark.anyio
async def test_a_hash_at_other_costs_is_read() -> None:
    dearer = PasswordHasher(time_cost=2, memory_kib=16, parallelism=2)
    stored = await CHEAP.hash("13572468")
    assert await dearer.verify(stored, "13572468")


DAMAGED = {
    "nothing": "",
    "the password itself": "13572468",
    "cut short by a character": STORED[:-1],
    "cut short by a group, which the library takes for another password's hash": STORED[:-4],
    "cut off before the hash": STORED[: STORED.rindex("$")],
    "with a salt cut short": STORED.replace("DA0ODw", "DA0O"),
    "with something after it": STORED + "A",
    "with a zero byte and something after it, which the library does not see": STORED + "\0A",
    "with a line break after it": STORED + "\n",
    "with something before it": " " + STORED,
    "with letters of another alphabet": STORED.replace("E", "Е"),
    "with digits of another alphabet": STORED.replace("t=1", "t=١"),
    "with bits that belong to no byte": STORED[:-1] + "B",
    "of argon2i": STORED.replace("argon2id", "argon2i"),
    "of an older version": STORED.replace("v=19", "v=16"),
    "of bcrypt": "$2b$12$" + "a" * 53,
    "with no pass": STORED.replace("t=1", "t=0"),
    "with passes for days": STORED.replace("t=1", "t=4294967295"),
    "with the memory of a data centre": STORED.replace("m=8", "m=4294967295"),
    "with more memory than is allowed": STORED.replace("m=8", f"m={MAXIMUM_MEMORY_KIB + 1}"),
    "with too little memory for its lanes": STORED.replace("p=1", "p=2"),
}


@pytest.mark.anyio
@pytest.mark.parametrize("stored", DAMAGED.values(), ids=DAMAGED)
async def test_a_damaged_hash_makes_no_password_right_or_wrong(stored: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(PasswordUnreadable) as caught:
        await CHEAP.verify(stored, "13572468")
    assert caught.value.code == "PASSWORD_UNREADABLE"
    assert "重置服务密码" in caught.value.message.zh
    assert "Reset the service password" in caught.value.message.en
    assert "is damaged" in caplog.text
    told = caught.value.message.zh + caught.value.message.en + caplog.text
    assert "13572468" not in told
    assert "argon2" not in told


@pytest.mark.anyio
async def test_neither_password_nor_hash_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    hasher = PasswordHasher.cheap()
    stored = await hasher.hash("13572468")
    await hasher.verify(stored, "13572468")
    await hasher.verify(stored, "24681357")
    for secret in ("13572468", "24681357", stored, stored.rpartition("$")[2]):
        assert secret not in caplog.text + repr(hasher)


@contextmanager
def short_of_memory() -> Iterator[None]:
    """Let this process grow by a quarter of a gigabyte and no more."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + 256 * 1024 * 1024, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)


@pytest.mark.anyio
async def test_a_machine_without_the_memory_calls_no_password_wrong(caplog: pytest.LogCaptureFixture) -> None:
    dear = PasswordHasher(time_cost=1, memory_kib=MAXIMUM_MEMORY_KIB, parallelism=1)
    stored = STORED.replace("m=8", f"m={MAXIMUM_MEMORY_KIB}")
    for work in (lambda: CHEAP.verify(stored, "13572468"), lambda: dear.hash("13572468")):
        with short_of_memory(), pytest.raises(GatewayUnavailable, match="short of memory") as caught:
            await work()
        assert "密码校验功能" in caught.value.message.zh
        assert "运维人员" in caught.value.message.zh
    assert "Memory allocation error" in caplog.text
    assert "13572468" not in caplog.text


@pytest.mark.anyio
async def test_the_event_loop_goes_on_meanwhile() -> None:
    hasher = PasswordHasher(time_cost=20, memory_kib=16_384, parallelism=1)
    turns = 0

    async def turn(done: anyio.Event) -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as tasks:
        done = anyio.Event()
        tasks.start_soon(turn, done)
        await hasher.verify(await hasher.hash("13572468"), "13572468")
        done.set()
    assert turns > 10  # it would be two or three if hashing held the loop


class Counting(PasswordHasher):
    """Counts how many passwords it hashes at the same time."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_kib=8, parallelism=1)
        self.lock, self.working, self.most = threading.Lock(), 0, 0

    def _hash(self, password: str) -> str:
        with self.lock:
            self.working += 1
            self.most = max(self.most, self.working)
        time.sleep(0.01)
        hashed = super()._hash(password)
        with self.lock:
            self.working -= 1
        return hashed


async def hashed_by_many() -> int:
    hasher = Counting()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(hasher.hash, "13572468")
    return hasher.most


def test_a_rush_of_passwords_is_hashed_a_few_at_a_time_in_any_run() -> None:
    for _ in range(2):
        assert 1 <= anyio.run(hashed_by_many) <= MAXIMUM_AT_ONCE


@pytest.mark.parametrize(
    ("time_cost", "memory_kib", "parallelism"),
    [
        (0, 8, 1),
        (-1, 8, 1),
        (100, 8, 1),
        (1, 7, 1),
        (1, 15, 2),
        (1, MAXIMUM_MEMORY_KIB + 1, 1),
        (1, 8, 0),
        (1, 800, 100),
    ],
)
def test_costs_that_cannot_be_are_refused_at_the_start(time_cost: int, memory_kib: int, parallelism: int) -> None:
    with pytest.raises(GatewayConfigurationError, match="lanes") as caught:
        PasswordHasher(time_cost, memory_kib, parallelism)
    assert "\n" not in str(caught.value)
