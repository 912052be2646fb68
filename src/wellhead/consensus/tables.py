"""What the methods said, as counts: how many documents of each group show each pattern.

In: an array of votes (1 machine, 0 human, -1 not observable), a group for each document, and the
true class where it is known. Out: `Tables`, all that a latent-class likelihood needs. Where the
votes come from is `votes`' business; what is made of the counts is `em`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from wellhead.errors import BadInput

__all__ = ["MISSING", "Tables", "tabulate"]

MISSING = -1
_PATTERNS = 1 << 14


@dataclass(frozen=True)
class Tables:
    """Counts of patterns.

    Attributes:
        patterns: shape (p, methods), each row one combination of 1, 0 and -1 (not observable);
            for each set of methods that was observable together, all their combinations.
        counts: shape (g, p), documents of unknown origin.
        known: shape (2, g, p), documents of known origin: [0] written by people, [1] by machines.
        weights: shape (g,), what each group counts for in the share; they sum to 1. A group that
            is not part of the collection (texts known beforehand) has weight 0.
        groups: shape (g,), names.
        row: shape (documents,), each document's pattern.
        group: shape (documents,), each document's group.
    """

    patterns: np.ndarray
    counts: np.ndarray
    known: np.ndarray
    weights: np.ndarray
    groups: tuple[str, ...]
    row: np.ndarray
    group: np.ndarray

    @property
    def methods(self) -> int:
        return int(self.patterns.shape[1])

    @property
    def masks(self) -> np.ndarray:
        """Shape (p,): which set of methods was observable, as a number."""
        return np.asarray((self.patterns >= 0) @ (1 << np.arange(self.methods)))

    @property
    def total(self) -> float:
        """All documents, of known and of unknown origin."""
        return float(self.counts.sum() + self.known.sum())

    def with_counts(self, counts: np.ndarray, known: np.ndarray | None = None) -> Tables:
        """The same patterns with other counts, possibly many tables at once (leading axes)."""
        return replace(self, counts=counts, known=self.known if known is None else known)


def tabulate(
    votes: np.ndarray,
    *,
    group: np.ndarray | None = None,
    truth: np.ndarray | None = None,
    outside: np.ndarray | None = None,
    names: tuple[str, ...] = (),
) -> Tables:
    """The votes as counts.

    Args:
        votes: shape (n, methods), 1 machine, 0 human, -1 not observable.
        group: shape (n,), group numbers from 0; one group without it.
        truth: shape (n,), 1 or 0 where the origin is known, -1 elsewhere.
        outside: shape (n,), true for documents that are not part of the collection; they teach
            about the methods and count nothing in the share.
        names: of the groups.

    >>> tables = tabulate(np.array([[1, 1], [0, 0], [0, 0], [1, -1]]))
    >>> tables.patterns.tolist()
    [[0, -1], [1, -1], [0, 0], [1, 0], [0, 1], [1, 1]]
    >>> tables.counts.tolist()
    [[0.0, 1.0, 2.0, 0.0, 0.0, 1.0]]
    """
    votes = np.asarray(votes, dtype=np.int8)
    n = votes.shape[0]
    group = np.zeros(n, dtype=np.int64) if group is None else np.asarray(group)
    truth = np.full(n, MISSING) if truth is None else np.asarray(truth)
    outside = np.zeros(n, dtype=bool) if outside is None else np.asarray(outside)
    patterns, row = _patterns(votes)
    groups = int(group.max(initial=0)) + 1
    cells = np.zeros((3, groups, len(patterns)))
    np.add.at(cells, (truth + 1, group, row), 1.0)
    inside = np.bincount(group[~outside], minlength=groups).astype(float)
    return Tables(
        patterns=patterns,
        counts=cells[0],
        known=cells[1:],
        weights=inside / max(inside.sum(), 1.0),
        groups=names or tuple(str(i) for i in range(groups)),
        row=row,
        group=group,
    )


def _patterns(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All combinations under each set of observable methods, and each document's place."""
    powers = 1 << np.arange(votes.shape[1])
    masks, kind = np.unique((votes >= 0) @ powers, return_inverse=True)
    sizes = [1 << int(mask).bit_count() for mask in masks]
    if sum(sizes) > _PATTERNS:
        raise BadInput(
            f"{votes.shape[1]} methods give {sum(sizes):,} combinations of answers, more than can "
            f"be estimated ({_PATTERNS:,}). Join fewer methods at a time."
        )
    rows, starts = [], np.cumsum([0, *sizes[:-1]])
    place = np.zeros(votes.shape[0], dtype=np.int64)
    for number, (mask, size) in enumerate(zip(masks, sizes, strict=True)):
        seen = np.flatnonzero(int(mask) & powers)
        block = np.full((size, votes.shape[1]), MISSING, dtype=np.int8)
        block[:, seen] = (np.arange(size)[:, None] >> np.arange(seen.size)) & 1
        rows.append(block)
        mine = kind.reshape(-1) == number
        place[mine] = starts[number] + votes[np.ix_(mine, seen)] @ (1 << np.arange(seen.size))
    return np.concatenate(rows), place
