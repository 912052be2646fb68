"""Merkle trees over a log that only grows, as RFC 9162 (Certificate Transparency 2) has them.

Flows in: the entries of a log, as bytes. Flows out: the root that stands for all of them, proofs
that one entry is in the tree and that a later tree holds an earlier one unchanged, and the check
of both by somebody who has nothing but roots. With H = SHA-256::

    leaf(d)    = H(0x00 ‖ d)
    node(l, r) = H(0x01 ‖ l ‖ r)         the left side has the largest power of two below n leaves

It knows nothing of signatures, files or what the entries mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from wellhead.errors import BadSetting

__all__ = [
    "Tree",
    "consistency_proof",
    "inclusion_proof",
    "leaf",
    "root",
    "verify_consistency",
    "verify_inclusion",
]


def leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(entries: Sequence[bytes]) -> bytes:
    """The root over `entries`, of 32 bytes (RFC 9162, 2.1.1).

    >>> root([]).hex()[:8], root([b""]).hex()[:8]
    ('e3b0c442', '6e340b9c')
    """
    return _root([leaf(entry) for entry in entries])


def _root(leaves: Sequence[bytes]) -> bytes:
    """Pairs are joined level by level; a last one without a partner goes up as it is."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:
        paired = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


class Tree:
    """A tree that grows entry by entry; it remembers one hash a level.

    >>> tree = Tree()
    >>> for entry in (b"a", b"b", b"c"):
    ...     tree.add(leaf(entry))
    >>> tree.size, tree.root == root([b"a", b"b", b"c"])
    (3, True)
    """

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # roots of full subtrees, the largest first

    def add(self, found: bytes) -> None:
        """One more entry, by its `leaf`."""
        at = self.size
        while at & 1:
            found, at = node(self._whole.pop(), found), at >> 1
        self._whole.append(found)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root over all so far."""
        if not self._whole:
            return _root([])
        found = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            found = node(left, found)
        return found


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(entries: Sequence[bytes], index: int) -> list[bytes]:
    """What leads from entry `index` to the root (RFC 9162, 2.1.3.1).

    Raises:
        BadSetting: there is no such entry.
    """
    if not 0 <= index < len(entries):
        raise BadSetting(f"expected an entry from 0 to {len(entries) - 1}, got {index}.")
    return _path(index, [leaf(entry) for entry in entries])


def _path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = _split(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if index < half:
        return [*_path(index, left), _root(right)]
    return [*_path(index - half, right), _root(left)]


def verify_inclusion(
    entry: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes
) -> bool:
    """Whether `proof` leads from `entry` at `index` to the root `head` of `size` entries
    (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf(entry)
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == head


def consistency_proof(entries: Sequence[bytes], earlier: int) -> list[bytes]:
    """That the first `earlier` entries are what the tree was then (RFC 9162, 2.1.4.1).

    Raises:
        BadSetting: the earlier size is below 1 or above the present one.
    """
    if not 1 <= earlier <= len(entries):
        raise BadSetting(f"expected an earlier size from 1 to {len(entries)}, got {earlier}.")
    return _subproof(earlier, [leaf(entry) for entry in entries], whole=True)


def _subproof(earlier: int, leaves: Sequence[bytes], *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [_root(leaves)]
    half = _split(len(leaves))
    left, right = leaves[:half], leaves[half:]
    if earlier <= half:
        return [*_subproof(earlier, left, whole=whole), _root(right)]
    return [*_subproof(earlier - half, right, whole=False), _root(left)]


def verify_consistency(
    earlier: int, later: int, proof: Sequence[bytes], old: bytes, new: bytes
) -> bool:
    """Whether the tree of `later` entries with root `new` begins with that of `earlier` entries
    with root `old` (RFC 9162, 2.1.4.2)."""
    if not 1 <= earlier <= later:
        return False
    if earlier == later:
        return not proof and old == new
    steps = [old, *proof] if earlier & (earlier - 1) == 0 else list(proof)
    if not steps:
        return False
    at, last = earlier - 1, later - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(step, first), node(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old and second == new
