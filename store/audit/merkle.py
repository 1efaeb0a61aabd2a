"""The Merkle tree of RFC 6962: one hash over many entries, and for each entry the few hashes that lead from it to that one."""

from collections.abc import Sequence
from hashlib import sha256

LEAF, NODE = b"\0", b"\1"
"""What is hashed before an entry, and before two hashes, so that neither can pass for the other."""


def leaf(content: bytes) -> bytes:
    """Return the hash of an entry."""
    return sha256(LEAF + content).digest()


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the hashes of a tree from its leaves to its root; one without a neighbour goes up as it is."""
    found = [list(leaves)]
    while len(found[-1]) > 1:
        below = found[-1]
        pairs = zip(below[::2], below[1::2], strict=False)
        above = [sha256(NODE + left + right).digest() for left, right in pairs]
        found.append(above + below[len(above) * 2 :])
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root; of no leaves, the hash of nothing."""
    return levels(leaves)[-1][0] if leaves else sha256().digest()


def path(tree: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    """Return the audit path of a leaf, from below, as RFC 9162 (2.1.3) has it.

    Args:
        tree: as `levels` returns it.
    """
    found = []
    for level in tree[:-1]:
        if place ^ 1 < len(level):
            found.append(level[place ^ 1])
        place //= 2
    return found
