"""What is encrypted at rest, opened and sealed by hand."""

from base64 import b64decode
from binascii import a2b_base64, b2a_base64
from secrets import token_bytes
from typing import Any

import asyncpg
import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV

MARK = "3."
HEAD = 11
"""Characters before what is encrypted: the mark, the id of the key, a dot."""
KEY_ID = "........"
"""The peers have one key, and read no id."""
NONCE = 12


class Sealed:
    """Opens and seals with one key.

    Args:
        key: base64.
    """

    def __init__(self, key: str) -> None:
        self._cipher = AESGCMSIV(b64decode(key))

    def opened(self, table: str, identifier: str, sealed: str) -> Any:
        """Return what was sealed as a row's."""
        kept = a2b_base64(sealed[HEAD:])
        return orjson.loads(self._cipher.decrypt(kept[:NONCE], kept[NONCE:], record(table, identifier)))

    def sealed(self, table: str, identifier: str, values: Any) -> str:
        """Seal values as a row's."""
        nonce = token_bytes(NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, orjson.dumps(values), record(table, identifier))
        return f"{MARK}{KEY_ID}.{b2a_base64(sealed, newline=False).decode()}"


def record(table: str, identifier: str) -> bytes:
    """Return what a row is called where what is personal of it is sealed."""
    return f"{table}/sealed/{identifier}".encode()


async def seal_for_node(url: str, key: str) -> None:
    """Seal what is at rest in a PostgreSQL database once more, in columns of their own, with a cipher that Node has.

    Args:
        key: base64; the same for both.
    """
    opener, cipher = Sealed(key), AESGCM(b64decode(key))
    connection = await asyncpg.connect(url)
    try:
        for table in ("holders", "cards"):
            await connection.execute(f"ALTER TABLE {table} ADD COLUMN sealed_gcm text")
            rows = await connection.fetch(f"SELECT id, sealed FROM {table}")
            again = []
            for row in rows:
                nonce, plain = token_bytes(NONCE), orjson.dumps(opener.opened(table, row["id"], row["sealed"]))
                again.append(
                    (row["id"], b2a_base64(nonce + cipher.encrypt(nonce, plain, None), newline=False).decode())
                )
            await connection.executemany(f"UPDATE {table} SET sealed_gcm = $2 WHERE id = $1", again)
    finally:
        await connection.close()
