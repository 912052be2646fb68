"""Which language a text is written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

__all__ = ["foreign", "identified"]

# A text with fewer characters than this does not tell its language.
_LEAST = 40
_READ = 1000


def identified(texts: Iterable[str]) -> list[str]:
    """The ISO 639-1 code of each text that is long enough to tell."""
    return [_language(text[:_READ]) for text in texts if len(text) >= _LEAST]


@lru_cache(maxsize=2048)  # the same texts are asked about for the detector, the share and a check
def _language(text: str) -> str:
    import py3langid

    return str(py3langid.classify(text)[0])


def foreign(texts: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """The languages of most of the texts, where these are not among those `known`."""
    if not known:
        return ()
    found = identified(texts)
    others = Counter(code for code in found if code not in known)
    if others.total() <= len(found) / 2:
        return ()
    return tuple(code for code, count in others.most_common(3) if count >= 0.1 * len(found))
