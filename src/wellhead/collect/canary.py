"""A word that only a copy of the task carries.

Where a study asks for it, what is copied out of the task's text gets one more sentence, with a
word made up for that session. The page does not show it and a writer who types never meets it. If
the word turns up in an answer other than by quoting the task, a copy of the task went somewhere
and came back, even if it came back by hand from a second screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from wellhead.collect.derive.flags import Flag
from wellhead.collect.derive.provenance import Run
from wellhead.collect.keys import Keys

__all__ = ["canary_flags", "canary_word"]

_HEADS = ("bal", "cor", "del", "fen", "gal", "hor", "kel", "lun", "mer", "nor", "pal", "quor",
          "rin", "sel", "tor", "vel")  # fmt: skip
_MIDDLES = ("a", "e", "i", "o", "u", "ami", "era", "ilo", "oda", "uri", "ane", "eli", "ota", "ura",
            "ido", "esa")  # fmt: skip
_TAILS = ("bra", "dine", "fold", "gan", "lith", "mont", "nar", "phor", "rick", "sand", "thic",
          "vane", "wick", "dale", "crest", "mere")  # fmt: skip


def canary_word(keys: Keys, session: str) -> str:
    """The word of a session: one of 4,096, the same whenever it is asked for.

    >>> canary_word(Keys(bytes(range(32)), "demo"), "s1")
    'selanedale'
    """
    digest = bytes.fromhex(keys.pseudonym("canary", session))
    parts = zip((_HEADS, _MIDDLES, _TAILS), digest, strict=False)
    return "".join(part[byte % 16] for part, byte in parts)


def canary_flags(text: str, word: str, final: Sequence[Run]) -> Iterator[Flag]:
    """A flag when the word is in the answer, unless it lies in what was quoted from the task."""
    for found in re.finditer(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
        run = _run_at(final, found.start())
        if run is not None and run.origin != "paste_task":
            evidence = (run.event,) if run.event >= 0 else ()
            says = f"the answer has “{word}”, which only a copy of the task carries"
            yield Flag("canary_word", "strong", evidence, says)
            return


def _run_at(final: Sequence[Run], at: int) -> Run | None:
    for run in final:
        if at < run.length:
            return run
        at -= run.length
    return None
