"""What must be true for an assay's interval to hold, in words."""

from __future__ import annotations

from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.estimate import Estimate, Evidence
from wellhead.prevalence.library import least_seen
from wellhead.report.numbers import interval

__all__ = ["assumptions"]


def assumptions(
    found: Estimate,
    evidence: Evidence,
    labels_drawn: str,
    docs: ScoredDocuments,
    population: int | None,
) -> tuple[str, ...]:
    """What must be true for the interval to hold, for this estimate."""
    lines = []
    if evidence.labels is not None:
        drawn = "as stated" if labels_drawn == "random" else "though nobody said so"
        lines.append(
            f"The {evidence.labels.machine.size} audited documents were drawn at random from this "
            f"corpus ({drawn}) and their labels are right. Nothing is assumed about the "
            "generator, the domain or the detector."
        )
    elif evidence.human is not None:
        lines.append(
            f"The {evidence.human.size} known-human texts are of the same kind as the human part "
            "of the corpus, and people wrote them."
        )
        count = 0 if found.prior is None else len(found.prior.names)
        measured = (
            "the one measured generator"
            if count == 1
            else f"one of the {count} measured generators"
        )
        first = "The" if found.if_seen is None else "Either the"
        seen = (
            f"{first} detector can see the unknown generator: of one of its texts and one by a "
            f"person, its text scores higher in {100 * least_seen():.0f} of 100 cases or "
            f"more. Its scores are spread like those of {measured}, give or take."
        )
        if found.if_seen is not None:
            seen += (
                f" Then the share is {interval(found.if_seen.low, found.if_seen.high, share=True)}."
                " Or it cannot: then words and layout tell its texts apart from people's as well "
                "as those of nine in ten generators that were measured."
            )
        lines.append(seen)
        if not evidence.comparable:
            lines.append(
                "This detector was made for one task: half of the prior holds what it was trained "
                "on, the other half that the scores of an unknown generator are spread like those "
                "of generators under the general detector."
            )
    else:
        lines.append(
            "Domain and generator differ from the measured ones no more than these differ from "
            "each other. With 50 to 100 known-human texts of the same kind the interval would be "
            "much narrower, and documents could be flagged."
        )
    if evidence.human is not None:
        lines.append(
            "The flags and the at-least bound assume the human reference alone, whatever the "
            "generator."
        )
    if population is not None:
        lines.append(
            f"The {docs.census.documents:,} documents assayed are a random sample of "
            f"{population:,}."
        )
    if docs.copied.any():
        lines.append(
            f"{int(docs.copied.sum())} documents that mostly repeat a source text are neither "
            "typed nor generated; the share is that of the others."
        )
    return tuple(lines)
