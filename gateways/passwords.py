"""Service passwords: kept as argon2id hashes, made and checked beside the event loop."""

import logging
import re

import anyio
import anyio.to_thread
import argon2
from anyio.lowlevel import RunVar
from argon2.exceptions import HashingError, VerificationError, VerifyMismatchError

from domain.message import Message
from gateways.errors import GatewayConfigurationError, PasswordUnreadable, unavailable

logger = logging.getLogger(__name__)

PASSWORD_CHECK = Message("密码校验功能", "password check")

TIME_COST, MEMORY_KIB, PARALLELISM = 3, 65_536, 4
"""The second choice of RFC 9106, section 4, meant for machines that do other work too; a fraction of a second each."""

MAXIMUM_AT_ONCE = 4
"""How many hashes one process computes at the same time, so that a rush of log-ins takes 256 MB and not gigabytes."""

MAXIMUM_MEMORY_KIB = 2 * 1024 * 1024
MAXIMUM_TIME_COST = MAXIMUM_PARALLELISM = 99

_SALT_BYTES, _HASH_BYTES = 16, 32
# Base 64 of exactly 16 and 32 bytes. The library would read a hash that was cut short as another password's, so that
# its holder would be told "wrong password" for ever, and it would not see what comes after a zero byte.
_STORED = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9][0-9]?)"
    r"\$[A-Za-z0-9+/]{21}[AQgw]\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
)

_slots: RunVar[anyio.CapacityLimiter] = RunVar("password_slots")


class PasswordHasher:
    """Makes and checks hashes of service passwords; it keeps neither passwords nor hashes.

    Args:
        time_cost: passes over the memory, 1 to 99.
        memory_kib: memory that one hash takes, in KiB: 8 for each lane at least, 2 GiB at most.
        parallelism: lanes that are computed side by side, 1 to 99.

    Raises:
        GatewayConfigurationError: no hash can be computed with these.
    """

    def __init__(
        self, time_cost: int = TIME_COST, memory_kib: int = MEMORY_KIB, parallelism: int = PARALLELISM
    ) -> None:
        if not _computable(time_cost, memory_kib, parallelism):
            raise GatewayConfigurationError(
                f"Passwords cannot be hashed in {time_cost} passes over {memory_kib} KiB in {parallelism} lanes: give 1 "
                f"to {MAXIMUM_TIME_COST} passes, 1 to {MAXIMUM_PARALLELISM} lanes, and 8 KiB a lane to "
                f"{MAXIMUM_MEMORY_KIB} KiB."
            )
        self._argon2 = argon2.PasswordHasher(time_cost, memory_kib, parallelism, _HASH_BYTES, _SALT_BYTES)

    @classmethod
    def cheap(cls) -> "PasswordHasher":
        """Return a hasher that is quick and protects nothing, for tests."""
        return cls(time_cost=1, memory_kib=8, parallelism=1)

    async def hash(self, password: str) -> str:
        """Hash a new password.

        Args:
            password: as typed; whether it is long and odd enough is the policy's business.

        Returns:
            `$argon2id$…`: the costs, a new salt and the hash, in ASCII.

        Raises:
            GatewayUnavailable: the machine lacks the memory or threads.
        """
        return await anyio.to_thread.run_sync(self._hash, password, limiter=_limiter())

    async def verify(self, password_hash: str, password: str) -> bool:
        """Say whether a password is the one that was hashed, at whatever costs it was hashed.

        Args:
            password_hash: what `hash` returned, as it was stored; password: as typed.

        Raises:
            PasswordUnreadable: the stored hash is damaged, so that no password can be called right or wrong.
            GatewayUnavailable: the machine lacks the memory or threads.
        """
        _check_stored(password_hash)
        return await anyio.to_thread.run_sync(self._verify, password_hash, password, limiter=_limiter())

    def _hash(self, password: str) -> str:
        try:
            return self._argon2.hash(_encoded(password))
        except HashingError as error:
            raise _out_of_resources(error) from None

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, _encoded(password))
        except VerifyMismatchError:
            return False
        except VerificationError as error:
            raise _out_of_resources(error) from None


def _encoded(password: str) -> bytes:
    # Half a surrogate pair is a wrong password like any other, and no reason to fail.
    return password.encode("utf-8", "surrogatepass")


def _limiter() -> anyio.CapacityLimiter:
    try:
        return _slots.get()
    except LookupError:
        _slots.set(slots := anyio.CapacityLimiter(MAXIMUM_AT_ONCE))
        return slots


def _computable(time_cost: int, memory_kib: int, parallelism: int) -> bool:
    return (
        1 <= time_cost <= MAXIMUM_TIME_COST
        and 1 <= parallelism <= MAXIMUM_PARALLELISM
        and 8 * parallelism <= memory_kib <= MAXIMUM_MEMORY_KIB
    )


def _check_stored(password_hash: str) -> None:
    stored = _STORED.fullmatch(password_hash)
    if stored is not None:
        memory_kib, time_cost, parallelism = map(int, stored.groups())
        if _computable(time_cost, memory_kib, parallelism):
            return
    logger.error("The stored hash of a service password is damaged; the password must be reset.")
    raise PasswordUnreadable(
        Message(
            "这张卡的服务密码记录已损坏，不能核对密码，请重置服务密码。",
            "The service password that is stored for the card is damaged, so that no password can be checked against "
            "it. Reset the service password.",
        )
    )


def _out_of_resources(error: Exception) -> Exception:
    # The library's text names the lack ("Memory allocation error"), and nothing of the password or the hash.
    logger.error("A service password could not be hashed or checked: %s", error)
    problem = Message("服务器资源不足", "the server is short of memory or threads")
    return unavailable(PASSWORD_CHECK, problem)
