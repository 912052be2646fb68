"""The first lines of an assay report, for readers who know no statistics.

A result flows in, sentences flow out. They say no more than the result does: what is only an
upper bound, what is compatible with everything, and what two methods say apart is said so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wellhead.prevalence.flagged import distinct_flagged
from wellhead.report.blocks import Callout
from wellhead.report.numbers import count, counted, interval, percent
from wellhead.report.svg import ShareBar

if TYPE_CHECKING:
    from wellhead._stats import Interval
    from wellhead.prevalence.result import AssayResult

__all__ = ["alerts", "bar", "facts", "lead"]

# An interval this wide leaves everything open, and the first sentence says that instead.
_OPEN = 0.9


def lead(result: AssayResult) -> str:
    """The answer; what is certain at least; what it rests on: a short paragraph each."""
    parts = [f"{_share(result)}{_if_seen(result)}", _at_least(result), _rests_on(result)]
    return "\n\n".join(part for part in parts if part)


def facts(result: AssayResult) -> list[tuple[str, str]]:
    """The figures under the first sentence."""
    references = result.references
    known = [("machine-written", _answer(result))]
    if _at_least(result):
        known.append(("at least, whatever program", percent(result.at_least, down=True)))
    known.append(("texts", _texts(result)))
    if references.human:
        known.append(("flagged", _flags(result)))
    known.append(("compared with", _compared(result)))
    return known


def _share(result: AssayResult) -> str:
    share, these = result.share, _these(_asked(result))
    if result.withheld is not None:
        return (
            f"How many of {these} machines wrote cannot be said: {result.withheld.reason}.\n\n"
            f"{result.withheld.advice}"
        )
    low, high = percent(share.low, down=True), percent(share.high, up=True)
    point = percent(share.point)
    if result.method == "anchored" and result.unexplained > share.point:
        return _opened(result, these, low, high)
    if result.upper_bound_only:
        return _nothing_stands_out(result, these, high)
    seen = _narrower(result)
    if share.high - share.low > _OPEN and seen is not None:
        return _seen_or_not(seen, these, high)
    if share.high - share.low > _OPEN:
        return (
            f"How many of {these} machines wrote cannot be said from what was given: anything "
            f"between {low} and {high} fits."
        )
    if result.method == "cluster-random":
        return f"At most {high} of {these} were probably written by machines; it may also be none."
    if share.low <= 0:
        return (
            f"At most {high} of {these} were probably written by machines (best estimate {point}); "
            "it may also be none."
        )
    return (
        f"Between {low} and {high} of {these} were probably written by machines (best estimate "
        f"{point})."
    )


def _nothing_stands_out(result: AssayResult, these: str, high: str) -> str:
    first = f"No machine-written texts stand out among {these}."
    seen = _narrower(result)
    if seen is None:
        return f"{first} If there are any, they are probably at most {high}."
    otherwise = (
        "from one that it cannot, they may be any number"
        if result.share.high >= _OPEN
        else f"from one that it cannot, at most {high}"
    )
    return (
        f"{first} If there are any from a program that the detector can recognise, they are "
        f"probably at most {percent(seen.high, up=True)}; {otherwise}."
    )


def _seen_or_not(seen: Interval, these: str, high: str) -> str:
    """The range that says something, and that nothing is said without its condition."""
    most = percent(seen.high, up=True)
    first = (
        f"At most {most}" if seen.low <= 0 else f"Between {percent(seen.low, down=True)} and {most}"
    )
    otherwise = "any number" if high == "100 %" else f"any number up to {high}"
    return (
        f"{first} of {these} were probably written by machines, if the detector can recognise the "
        f"program that wrote them. If it cannot, it may be {otherwise}."
    )


def _if_seen(result: AssayResult) -> str:
    """The narrower range, with its condition."""
    seen, share = _narrower(result), result.share
    known = result.upper_bound_only or result.withheld is not None
    known |= share.high - share.low > _OPEN and result.unexplained <= share.point
    if seen is None or known:
        return ""
    if seen.low <= 0:
        said = f"at most {percent(seen.high, up=True)} are"
    else:
        said = f"{interval(seen.low, seen.high, share=True)} are"
    return f" If the detector can recognise the program that wrote them, {said}."


def _narrower(result: AssayResult) -> Interval | None:
    """The range if the detector can recognise the program, where it is another one."""
    seen = result.if_seen
    return None if seen is None or seen.high >= result.share.high else seen


def _these(n: int) -> str:
    return "this one text" if n == 1 else f"these {count(n)} texts"


def _opened(result: AssayResult, these: str, low: str, high: str) -> str:
    """Something is there that the human texts do not explain and the scores do not show."""
    unlike = percent(result.unexplained, down=True)
    return (
        f"Anything between {low} and {high} of {these} may be by machines.\n\nBeyond what the "
        f"scores show, {unlike} or more of them are unlike the human texts in words and layout, "
        "taken together, and nothing tells whether people of another kind wrote those or a "
        "program that the detector does not see."
    )


def _at_least(result: AssayResult) -> str:
    bound = percent(result.at_least, down=True)
    if result.at_least <= 0 or bound == "0 %":
        return ""
    if result.withheld is not None and result.withheld.code == "language":
        return f"Comparison with the human texts alone puts it at {bound} or more."
    return f"At least {bound} were, whichever program wrote them."


def _rests_on(result: AssayResult) -> str:
    references, level = result.references, percent(result.share.level)
    if result.withheld is not None:
        return ""
    human = f"{counted(references.human, 'text')} that people certainly wrote"
    if result.method == "anchored" and _narrower(result) is not None and result.share.high >= 1:
        return (
            f"The texts were compared with {human}. All this holds with {level} confidence if "
            "those are the same kind of text; the narrower range needs a program like those that "
            "the detector was tested on, too."
        )
    if result.method == "anchored":
        also = (
            "the machine-written ones come from a program like those that the detector was tested "
            "on"
            if result.if_seen is None
            else "the words and the layout of a program that the detector cannot recognise would "
            "give it away as they did those that it was tested on"
        )
        text = (
            f"The texts were compared with {human}. The range holds with {level} confidence if "
            f"those are the same kind of text, and if {also}."
        )
        return f"{text} The “at least” figure needs only the first." if _at_least(result) else text
    if result.method == "cluster-random":
        return (
            "There was nothing to compare these texts with. The range shows how far the detector "
            f"was off on other kinds of text; it holds with {level} confidence only if these are "
            "no more unusual. With 50 to 100 texts of the same kind that people certainly wrote, "
            "the answer would be much sharper."
        )
    labels = references.labels
    text = (
        f"{count(labels)} of the texts {_were(labels)} checked one by one. The range holds with "
        f"{level} confidence if these were drawn at random and the checks are right, whichever "
        "program wrote the others."
    )
    if result.method == "audited":
        return text
    return f"{text} Single texts are judged by comparison with {human}."


def alerts(result: AssayResult) -> list[Callout]:
    """What speaks against the figures: what was found, and what follows."""
    return [
        Callout("warning", one.finding, one.consequence)
        for one in result.diagnostics
        if one.severity == "warning"
    ]


def bar(result: AssayResult) -> ShareBar | None:
    """The answer as a picture; None where there is none."""
    share, seen = result.share, _narrower(result)
    if result.withheld is not None:
        return None
    open_ = result.upper_bound_only or _is_open(result)
    return ShareBar(
        title="Share of these texts that machines wrote",
        low=share.low,
        high=share.high,
        inner=None if seen is None else (seen.low, seen.high),
        point=math.nan if open_ else share.point,
        bound=result.at_least if _at_least(result) else 0.0,
    )


def _asked(result: AssayResult) -> int:
    """Texts that the share is about: the whole collection, also where a sample was read."""
    return result.documents.population or result.documents.n


def _texts(result: AssayResult) -> str:
    documents = result.documents
    if documents.population is None:
        return count(documents.n)
    return f"{count(documents.n)} read of {count(documents.population)}"


def _flags(result: AssayResult) -> str:
    flagged, distinct = count(result.documents.flagged), distinct_flagged(result.table)
    if not result.documents.flagged:
        return flagged
    if distinct < result.documents.flagged:
        flagged += f" ({counted(distinct, 'distinct text')})"
    return f"{flagged}, on average at most {percent(result.false_discovery_rate)} wrongly"


def _is_open(result: AssayResult) -> bool:
    """Whether no best estimate is named: the range is too wide, or nothing was compared with."""
    return result.method == "cluster-random" or result.share.high - result.share.low > _OPEN


def _answer(result: AssayResult) -> str:
    share = result.share
    if result.withheld is not None:
        return "cannot be said"
    range_, seen = interval(share.low, share.high, share=True), _narrower(result)
    open_ = _is_open(result)
    if result.upper_bound_only and open_ and seen is not None:
        return f"at most {percent(seen.high, up=True)} if recognised"
    if result.upper_bound_only:
        return f"at most {percent(share.high, up=True)}"
    if open_ and seen is not None:
        return f"{range_} ({interval(seen.low, seen.high, share=True)} if recognised)"
    if open_:
        return range_
    return f"{percent(share.point)} ({range_})"


def _were(n: int) -> str:
    return "was" if n == 1 else "were"


def _compared(result: AssayResult) -> str:
    references = result.references
    known = [
        (references.human, "human text"),
        (sum(references.machine.values()), "machine text"),
        (references.labels, "checked text"),
    ]
    return ", ".join(counted(n, what) for n, what in known if n) or "nothing"
