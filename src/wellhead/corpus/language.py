"""Which language a text is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

__all__ = ["foreign", "identified"]

# A text with fewer characters than this does not tell its language.
_LEAST = 40
_READ = 2000


def identified(texts: Iterable[str]) -> list[str]:
    """The ISO 639-1 code of each text that is long enough to tell."""
    import py3langid

    return [py3langid.classify(text[:_READ])[0] for text in texts if len(text) >= _LEAST]


def foreign(texts: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The languages of most of the texts, where these are not among those `known`."""
    if not known:
        return ()
    found = identified(texts)
    others = Counter(code for code in found if code not in known)
    if others.total() <= len(found) / 2:
        return ()
    return tuple(code for code, count in others.most_common(3) if count >= 0.1 * len(found))
