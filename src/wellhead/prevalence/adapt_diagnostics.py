"""What adapting a detector means for the guarantees, and what speaks against it, as checks."""

from __future__ import annotations

from wellhead.prevalence.adapt_result import ENOUGH, Adaptation
from wellhead.prevalence.result import Diagnostic
from wellhead.report.numbers import counted, interval, percent

__all__ = ["adapt_checks", "left_as_it_is", "not_adapted"]


def adapt_checks(adapted: Adaptation) -> list[Diagnostic]:
    """The guarantees, few references, no gain, length, other confounds, and writers hard to see."""
    return [
        _guarantees(adapted),
        *_few(adapted),
        *_wider(adapted),
        *_length(adapted),
        *_others(adapted),
        *_hard(adapted),
    ]


def left_as_it_is(human: int, machine: int, *, both: int = 0) -> Diagnostic:
    """Why a detector was not adapted to references of both sides."""
    given = f"{counted(human, 'known-human text')} and {counted(machine, 'machine text')}"
    if min(human, machine) < ENOUGH:
        lacking = [
            counted(ENOUGH - n, f"{side} text")
            for n, side in ((human, "human"), (machine, "machine"))
            if n < ENOUGH
        ]
        finding = f"Not adapted: there are {given}; from {ENOUGH} of each on it is."
        consequence = (
            f"Bring {' and '.join(lacking)} more (wellhead generate makes machine texts of the "
            "task); with fewer the interval is mostly no narrower, so that it is not done unasked "
            "(--adapt always from 20 on)."
        )
    elif both:
        finding = (
            f"Not adapted: {counted(both, 'text is/texts are')} given as human and as machine."
        )
        consequence = "Take them out of one of the two."
    else:
        finding = "Not adapted: this detector was made from some of these texts and knows them."
        consequence = "Adapt another one, or texts that it has not seen (--adapt always to insist)."
    return not_adapted(finding, consequence)


def not_adapted(finding: str, consequence: str) -> Diagnostic:
    """That references of both sides are there, and the detector was left as it is."""
    return Diagnostic(
        "Is the detector adapted to this task?", "note", finding, consequence, code="not-adapted"
    )


def _guarantees(adapted: Adaptation) -> Diagnostic:
    return Diagnostic(
        "Do the guarantees hold for an adapted detector?",
        "note",
        f"The detector was adapted to {adapted.human:,} human and {adapted.machine:,} machine "
        f"texts by {adapted.folds} models. Each of these texts is scored by the model that did not "
        "see it, each document by one drawn at random.",
        "A person's text then scores alike whether it is a reference or not. P-values, flags and "
        "the at-least bound rest on that; with references that train each other they are not "
        "exact by proof, but simulations found no excess.",
        code="adapted",
    )


def _few(adapted: Adaptation) -> list[Diagnostic]:
    least = min(adapted.human, adapted.machine)
    if least >= ENOUGH:
        return []
    return [
        Diagnostic(
            "Are there enough references to adapt to?",
            "warning",
            f"There are {least:,} on one side; {ENOUGH} on both are enough.",
            "The interval may be too narrow: with 20 texts a side it held the share in 26 of 30 "
            "trials. Bring more, or use --adapt off.",
            code="adapted-to-few",
        )
    ]


def _wider(adapted: Adaptation) -> list[Diagnostic]:
    before, after = adapted.before, adapted.after
    if after.width <= before.width:
        return []
    shown = [interval(one.low, one.high, share=True) for one in (after, before)]
    return [
        Diagnostic(
            "Did adapting narrow the interval?",
            "note",
            f"Adapting made the interval no narrower: the share is {shown[0]}, and was {shown[1]} "
            "by the detector as it was.",
            "The words of the task may differ between reference and collection where signs of "
            "machines at large do not, or the detector saw these machines well already. Decide for "
            "one of the two (--adapt off) on other grounds than its answer.",
            code="adapted-wider",
        )
    ]


def _length(adapted: Adaptation) -> list[Diagnostic]:
    name = "Does length give the machine texts away?"
    auc = next((one.auc for one in adapted.confounds if one.name == "length"), None)
    alone = "" if auc is None else f"Length alone tells the references apart (AUC {auc:.2f}). "
    if adapted.control is None:
        if auc is None:
            return []
        return [
            Diagnostic(
                name,
                "warning",
                f"{alone}The texts are too short to cut to one length.",
                "Match the lengths of machine references to those of people.",
                code="length-confound",
            )
        ]
    cut = adapted.control.share
    shown = interval(cut.low, cut.high, share=True)
    finding = (
        f"{alone}With every text cut at {adapted.control.characters:,} characters the share is "
        f"{percent(cut.point)} ({shown}), with whole texts {percent(adapted.after.point)}."
    )
    if adapted.length_matters:
        return [
            Diagnostic(
                name,
                "warning",
                finding,
                "The two do not agree: part of the estimate may be length, or what stands at the "
                "end of texts. Take the one from texts of equal length for the safer.",
                code="length-confound",
            )
        ]
    return [
        Diagnostic(
            name,
            "ok" if auc is None else "note",
            finding,
            "The two agree: the estimate does not rest on length.",
            code="length-confound",
        )
    ]


def _others(adapted: Adaptation) -> list[Diagnostic]:
    others = [one for one in adapted.confounds if one.name != "length"]
    if not others:
        return []
    listed = ", ".join(f"{one.name} (AUC {one.auc:.2f})" for one in others)
    return [
        Diagnostic(
            "Does something beside the writing tell the references apart?",
            "warning",
            f"The references can be told apart without reading them, by {listed}.",
            "If that comes from how the texts were made or stored, not from who wrote them, the "
            "adapted detector has learned the files. Bring references that went the same way as "
            "the collection, or compare with --adapt off.",
            code="confounds",
        )
    ]


def _hard(adapted: Adaptation) -> list[Diagnostic]:
    if not adapted.hard:
        return []
    listed = ", ".join(f"{one.name} ({percent(one.caught)})" for one in adapted.hard)
    return [
        Diagnostic(
            "Which machine texts stay hard to see?",
            "warning",
            f"Less than half of these texts score above 95 % of people: {listed}.",
            _cost(adapted) + "Few of their texts can be flagged.",
            code="hard-styles",
        )
    ]


def _cost(adapted: Adaptation) -> str:
    """What they cost in width: the interval as it is holds that without them."""
    without, share = adapted.without_hard, adapted.after
    if without is None:
        return "The interval is as wide as it is because of them: all are hard to see. "
    shown = [interval(one.low, one.high, share=True) for one in (without, share)]
    points = round(100 * (share.width - without.width))
    if points < 1:
        return f"Without them the interval would be no narrower ({shown[0]}). "
    return (
        f"They may have written the corpus, so the interval allows for them: without them it would "
        f"be {shown[0]}, with them it is {shown[1]}, {counted(points, 'point')} wider. "
    )
