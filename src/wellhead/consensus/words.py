"""The sentences of a joint result: assumptions, which of them nobody could check, and findings."""

from __future__ import annotations

import numpy as np

from wellhead._stats import Interval
from wellhead.consensus.agreement import Agreement
from wellhead.consensus.bayes import Posterior
from wellhead.consensus.estimate import ALPHA
from wellhead.consensus.join import Joined
from wellhead.consensus.result import Method
from wellhead.consensus.tables import MISSING
from wellhead.consensus.votes import Votes
from wellhead.prevalence.result import Diagnostic, Severity

__all__ = ["assumptions", "diagnostics", "unchecked"]

_INDEPENDENT = "Among texts of the same origin, one method's mistakes say nothing about another's."
_SAME_RATES = "Each method errs equally often in every group."
_COIN = "No method is worse than chance."
_SILENCE = (
    "Whether a method is silent about a document has nothing to do with who wrote it; the bounds "
    "do not need this."
)
_KNOWN = (
    "On documents known beforehand each method errs as it does in the collection: same task, "
    "same kind of text."
)
_AUDITED = "Audited documents were drawn at random from the collection, and their labels are right."
_PRIORS = "The stated priors describe what is really known about the methods."
_NO_WORKERS = "Documents are independent of each other (no worker column was given)."
_LEARNED = 0.2


def assumptions(joined: Joined) -> tuple[str, ...]:
    """What must be true for the interval to hold."""
    dependent, tables = joined.estimate.dependent, joined.estimate.tables
    apart = f"Apart from {' and '.join(dependent)}, which may err together: {_INDEPENDENT}"
    silent = (tables.patterns[tables.counts.sum(axis=0) > 0] == MISSING).any()
    stated = {
        _COIN: True,
        apart if dependent else _INDEPENDENT: True,
        _SAME_RATES: (tables.weights > 0).sum() > 1,
        _SILENCE: silent,
        _KNOWN: tables.known[:, tables.weights == 0].any(),
        _AUDITED: tables.known[:, tables.weights > 0].any(),
        _PRIORS: joined.decisive_prior is not None,
        _NO_WORKERS: joined.worker is None,
    }
    return tuple(sentence for sentence, needed in stated.items() if needed)


def unchecked(joined: Joined) -> tuple[str, ...]:
    """Which assumptions these data could not check."""
    test = joined.estimate.independence
    checked = {
        _INDEPENDENT: test is not None and test.testable,
        _SAME_RATES: test is not None and test.degrees_of_freedom > 0,
    }
    return tuple(sentence for sentence in assumptions(joined) if not checked.get(sentence, False))


def diagnostics(
    joined: Joined,
    methods: tuple[Method, ...],
    pairs: tuple[Agreement, ...],
    echo: Interval | None = None,
) -> tuple[Diagnostic, ...]:
    """Checks and what follows from each, warnings first.

    Args:
        echo: the share if the second of two methods repeated the first in a fifth of documents.
    """
    made = [
        _determined(joined),
        *_independence(joined, echo),
        *_agreement(pairs),
        *_overlap(joined.votes),
        *_silence(methods),
        *_prior(joined.prior),
        *_grouping(joined),
        *_workers(joined.inflation),
    ]
    order = {"warning": 0, "note": 1, "ok": 2}
    return tuple(sorted(made, key=lambda diagnostic: order[diagnostic.severity]))


def _diagnostic(code: str, severity: Severity, finding: str, consequence: str) -> Diagnostic:
    return Diagnostic(code.replace("-", " "), severity, finding, consequence, code)


def _determined(joined: Joined) -> Diagnostic:
    found = joined.estimate.identifiability
    if found.verdict == "no":
        return _diagnostic(
            "determined",
            "warning",
            f"The data do not determine the share: {found.unknowns} unknowns, and the tables "
            f"fix {found.rank} of them.",
            "Only the range of possible shares is given. Texts known to be by people (warm-ups)"
            " and by machines, a random audit, groups that differ, or a third method would "
            "narrow it.",
        )
    if found.verdict == "weak":
        return _diagnostic(
            "determined",
            "warning",
            "The groups hardly differ in what the methods say "
            f"(p = {found.groups_differ:.2f}), and nothing else determines the share.",
            "Only the range of possible shares is given: a chance difference between groups "
            "that are alike would give a narrow interval about nothing. Groups that differ "
            "more, texts known to be by people (warm-ups) and by machines, a random audit or a "
            "third method would settle it.",
        )
    return _diagnostic(
        "determined",
        "ok",
        "The tables determine the share and every error rate.",
        "The estimate rests on the data, given the assumptions.",
    )


def _independence(joined: Joined, echo: Interval | None) -> list[Diagnostic]:
    found, methods = joined.estimate, joined.votes.methods
    test, determined = found.independence, found.identifiability.identified
    if test is None:
        return []
    if not test.testable and (test.p_value >= ALPHA or not determined):
        return [_untestable(methods, echo)]
    if not determined:
        return []
    if test.p_value >= ALPHA:
        return [
            _diagnostic(
                "independence",
                "ok",
                f"Nothing speaks against independent errors (p = {test.p_value:.2f}).",
                "The test can miss weak dependence in small collections.",
            )
        ]
    if not test.testable:
        return [_unequal(test.p_value, widened=found.widened)]
    pair = test.worst
    names = " and ".join(found.dependent or (methods[pair.first], methods[pair.second]))
    consequence = "The interval may miss the truth; treat it as a lower limit of uncertainty."
    if found.widened:
        consequence = (
            "The interval was widened over dependence up to three in ten documents; it may still "
            "miss the truth."
        )
    elif found.dependent:
        consequence = f"{names} may err together in the model used."
    return [
        _diagnostic(
            "independence",
            "warning",
            "The methods do not err independently, or not equally in all groups "
            f"(p = {test.p_value:.3f}); most so {names} "
            f"(residual correlation {pair.correlation:+.2f}).",
            consequence,
        )
    ]


def _untestable(methods: tuple[str, ...], echo: Interval | None) -> Diagnostic:
    remedy = (
        "Three methods in two groups, or texts of known origin seen by all methods, would allow a "
        "test."
    )
    if echo is None:
        told = "If they do, the interval is off, however many documents there are."
    else:
        first, second = methods[:2]
        told = (
            "If they do, the interval is off, however many documents there are: had "
            f"{second} only repeated {first} in a fifth of the documents, the share would be "
            f"{_percent(echo.low)} to {_percent(echo.high)}."
        )
    return _diagnostic(
        "independence",
        "warning",
        "Nobody can see from these data whether the methods make the same mistakes.",
        f"{told} {remedy}",
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _unequal(p_value: float, *, widened: bool) -> Diagnostic:
    return _diagnostic(
        "equal-rates",
        "warning",
        f"The tables of the groups do not fit together (p = {p_value:.3f}): some method errs more "
        "often in one group than in another, or is silent for a reason.",
        "The interval was widened over a range of dependence, but it may still miss the truth; "
        "estimate the groups apart."
        if widened
        else "The interval may miss the truth; estimate the groups apart.",
    )


def _agreement(pairs: tuple[Agreement, ...]) -> list[Diagnostic]:
    return [
        _diagnostic(
            "agreement",
            "warning",
            f"{pair.first} and {pair.second} agree no more than by chance "
            f"(kappa {pair.kappa.point:.2f}, {pair.kappa.low:.2f} to {pair.kappa.high:.2f}).",
            "At least one of them says little about origin here; joining them cannot help much.",
        )
        for pair in pairs
        if pair.kappa is not None and pair.kappa.low <= 0 and pair.n >= 20
    ]


def _overlap(votes: Votes) -> list[Diagnostic]:
    heard = (votes.votes[votes.inside] != MISSING).sum(axis=1)
    shared, n = int((heard > 1).sum()), heard.size
    if 2 * shared >= n:
        return []
    return [
        _diagnostic(
            "overlap",
            "warning",
            f"Only {shared:,} of {n:,} documents were judged by more than one method.",
            "Check that the ids match; what the methods can learn from each other comes from "
            "documents that they share.",
        )
    ]


def _silence(methods: tuple[Method, ...]) -> list[Diagnostic]:
    return [
        _diagnostic(
            "silence",
            "warning",
            f"Where {method.name} could not observe, another method flags documents at a different "
            f"rate (p = {method.silence:.3f}).",
            "Answers are not missing at random: use the bounds rather than the interval.",
        )
        for method in methods
        if method.silence is not None and method.silence < ALPHA
    ]


def _prior(prior: Posterior | None) -> list[Diagnostic]:
    if prior is None:
        return []
    stayed = [name for name, part in prior.learned.items() if part < _LEARNED]
    learned = prior.learned["share"]
    made = [
        _diagnostic(
            "prior",
            "warning" if learned < 0.5 else "note",
            f"The data took away {_percent(learned)} of the prior's spread of the share; the rest "
            "is the prior.",
            "Nearly unchanged from what was believed: " + ", ".join(stayed) + "."
            if stayed
            else "Every rate was learned from the data at least in part.",
        )
    ]
    if prior.mixing > 1.05:
        made.append(
            _diagnostic(
                "sampler",
                "warning",
                f"The sampler's chains do not agree (ratio {prior.mixing:.2f}).",
                "The posterior has several peaks or a long ridge; state stronger priors.",
            )
        )
    return made


def _grouping(joined: Joined) -> list[Diagnostic]:
    before, after = (np.unique(v.groups[v.inside]).size for v in (joined.votes, joined.grouped))
    if before == after:
        return []
    return [
        _diagnostic(
            "groups",
            "note",
            f"{before} groups were joined to {after}: those with fewer than 20 documents.",
            "Each group costs an unknown; tiny groups would bias the estimate.",
        )
    ]


def _workers(inflation: float) -> list[Diagnostic]:
    if inflation <= 1.0:
        return []
    return [
        _diagnostic(
            "workers",
            "note",
            "Answers of the same worker resemble each other; the variance was enlarged by "
            f"{inflation:.2f}.",
            "More workers would narrow the interval more than more answers of the same workers.",
        )
    ]
