"""The methods section of a paper about a study, with its numbers filled in.

In: a joint result. Out: paragraphs that can be pasted, that name what was assumed and what could
not be checked, and that stay true if nobody edits them.
"""

from __future__ import annotations

from wellhead._stats import Interval
from wellhead.consensus.result import JointResult, Method

__all__ = ["methods_text"]

_MODELS = {
    "hui-walter": "the two-test latent-class model of Hui and Walter (1980)",
    "dawid-skene": "the latent-class model of Dawid and Skene (1979)",
    "latent class": "a two-class latent-class model",
    "dependent methods": (
        "a two-class latent-class model in which two methods may be dependent (Qu et al. 1996)"
    ),
    "bayesian": "a Bayesian latent-class model with informative priors (Joseph et al. 1995)",
    "bounds": "a two-class latent-class model that these data do not identify",
}


def methods_text(result: JointResult, *, worker: str | None, group: str | None) -> str:
    """Paragraphs for a methods section."""
    return "\n\n".join(
        part
        for part in (
            _data(result),
            _model(result, worker, group),
            _estimates(result),
            _checks(result),
            _limits(result),
        )
        if part
    )


def _data(result: JointResult) -> str:
    n, audited, known, complete = result.documents
    text = (
        f"We judged {n:,} documents with {len(result.methods)} methods "
        f"({', '.join(method.name for method in result.methods)}). "
        + " ".join(_flagged(method, n) for method in result.methods)
        + f" All methods could observe {complete:,} documents."
    )
    if known:
        text += f" The methods were also applied to {known:,} documents of known origin."
    if audited:
        text += f" The origin of {audited:,} documents of the collection was audited."
    return text


def _flagged(method: Method, n: int) -> str:
    return (
        f"The method '{method.name}' could observe {method.observed:,} of them and flagged "
        f"{method.flagged:,} ({_share(method.alone)})."
    )


def _model(result: JointResult, worker: str | None, group: str | None) -> str:
    fitted = "Gibbs sampling" if result.model == "bayesian" else "maximum likelihood"
    text = (
        f"The share of machine-written documents was estimated with {_MODELS[result.model]}, "
        f"fitted by {fitted}; "
        f"intervals are {_level(result)} "
        + (
            "posterior intervals."
            if result.model == "bayesian"
            else "profile-likelihood intervals."
        )
    )
    if group is not None and len(result.groups) > 1:
        text += f" Documents were grouped by {group} ({len(result.groups)} groups)."
    if worker is not None:
        text += (
            f" Intervals allow for answers of the same {worker} (design effect "
            f"{result.inflation:.2f})."
        )
    return text


def _estimates(result: JointResult) -> str:
    if result.model == "bounds":
        return (
            "The data do not identify the share; values from "
            f"{_percent(result.share.low)} to {_percent(result.share.high)} are compatible with "
            "them."
        )
    text = f"The estimated share is {_share(result.share)}."
    rates = [method for method in result.methods if method.sensitivity and method.specificity]
    for method in rates:
        assert method.sensitivity is not None
        assert method.specificity is not None
        text += (
            f" The estimated sensitivity of '{method.name}' is {_share(method.sensitivity)}, its "
            f"specificity {_share(method.specificity)}."
        )
    if result.bounds.width > result.share.width + 1e-9:
        text += (
            " Without assumptions about documents that some method could not observe, the share "
            f"lies between {_percent(result.bounds.low)} and {_percent(result.bounds.high)}."
        )
    return text


def _checks(result: JointResult) -> str:
    text = ""
    pair = result.agreement[0]
    if pair.kappa is not None:
        text += (
            f"'{pair.first}' and '{pair.second}' agreed on {pair.both + pair.neither} of {pair.n} "
            f"documents (Cohen's kappa {pair.kappa.point:.2f}, {_level(result)} interval "
            f"{pair.kappa.low:.2f} to {pair.kappa.high:.2f})."
        )
    test = result.independence
    if test is not None and result.model != "bounds":
        if test.testable:
            text += (
                " Conditional independence of the methods was tested by a parametric bootstrap of "
                f"the likelihood ratio (p = {test.p_value:.3f}, {test.repeats} samples)."
            )
        else:
            text += " Conditional independence of the methods could not be tested."
    return text.strip()


def _limits(result: JointResult) -> str:
    if not result.unchecked:
        return ""
    listed = " ".join(f"({i}) {sentence}" for i, sentence in enumerate(result.unchecked, 1))
    return (
        f"The estimate rests on assumptions that these data could not check: {listed} Computed "
        f"with wellhead {result.reproducibility['version']}, seed {result.reproducibility['seed']}."
    )


def _share(share: Interval) -> str:
    return (
        f"{_percent(share.point)} ({100 * share.level:.0f} % interval {_percent(share.low)} to "
        f"{_percent(share.high)})"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _level(result: JointResult) -> str:
    return f"{100 * result.level:.0f} %"
