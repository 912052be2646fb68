"""``wellhead.curate``: an assay and a policy in; a plan out, and on request a new corpus.

This file joins the parts. It knows no formula.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from wellhead._progress import Progress, quiet
from wellhead._version import __version__
from wellhead.corpus import Corpus, open_corpus
from wellhead.curation.choice import FrontierPoint, edge_of, frontier, pick, policy_named
from wellhead.curation.evidence import Evidence, read_assay
from wellhead.curation.outlook import outlooks
from wellhead.curation.policies import Policy
from wellhead.curation.reserve import draw_reserve
from wellhead.curation.result import CurationPlan
from wellhead.curation.rule import Rule, rule_of
from wellhead.curation.sampled import spread_over
from wellhead.curation.tails import read_tails
from wellhead.curation.targets import Miss, Targets, advice, misses
from wellhead.curation.writing import Order, refuse_inside, write_corpus
from wellhead.detect.beside import detector_for
from wellhead.detect.scorer import Scorer
from wellhead.errors import BadSetting, LimitExceeded
from wellhead.report.numbers import interval, percent

__all__ = ["curate"]

_NAMES = {
    "machine": "machine text in what is kept",
    "human_loss": "human text lost",
    "inflation": "inflation",
}


def curate(
    corpus: Any,
    *,
    assay: Any,
    policy: str = "weight",
    dial: float | None = None,
    max_machine: float | None = None,
    max_human_loss: float | None = None,
    max_inflation: float | None = None,
    generations: int = 5,
    reserve: float | None = None,
    fold_repeats: bool = False,
    group_by: str | None = None,
    detector: str | Scorer | None = None,
    out: str | os.PathLike[str] | None = None,
    apply: bool = False,
    as_: str = "weights",
    text_column: str | None = None,
    seed: int = 0,
    progress: Progress = quiet,
) -> CurationPlan:  # many parameters: limits, and what they cost, stand side by side in one call
    """What to keep of `corpus`, at what weight, and what that costs; with `apply`, do it.

    Args:
        corpus: what was assayed: anything that `wellhead.corpus.open_corpus` opens.
        assay: its assay: the result, or the folder that it was saved in.
        policy: "weight", "fdr", "budget", "groups", or one that registered.
        dial: how strict, in the policy's own terms; with limits, the mildest that keeps them.
        max_machine: most machine text in what is kept, as a share.
        max_human_loss: most human text that may be lost, as a share.
        max_inflation: most inflation of error after `generations` of training on such a mix.
        generations: of training.
        reserve: part of the human originals to set aside, as a share.
        fold_repeats: drop what repeats an earlier text, in full or nearly.
        group_by: a column whose groups are a tail of their own.
        detector: the assay's detector, by which a sampled assay is spread over the whole corpus;
            not needed where its name finds it or the assay keeps it.
        out: folder for the plan, and with `apply` for the new corpus.
        apply: write the new corpus, the decisions and the reserve. The old corpus stays as it is.
        as_: "weights" writes weights beside kept texts, "draws" keeps each text with its weight
            as probability.
        text_column: the column that holds the text; guessed when None.
        seed: the same seed gives the same result.
        progress: told of every document read.

    Raises:
        BadInput: an assay of another corpus, or one that says nothing of documents; or another
            detector than the assay's.
        BadSetting: settings outside their range, or that contradict each other.
        CannotBeSaid: the assay gives no share.
        LimitExceeded: with `apply`, the evidence does not promise the limits; nothing is written
            but the plan.
    """
    targets = Targets(
        machine=max_machine,
        human_loss=max_human_loss,
        inflation=max_inflation,
        generations=generations,
    )
    _check(reserve, out, apply, as_)
    opened = open_corpus(corpus, text_column=text_column)
    if out is not None:
        refuse_inside(opened, Path(out))
    evidence = _evidence(opened, assay, detector)
    chosen_policy = policy_named(policy)
    points = frontier(evidence, chosen_policy, targets, dial=dial, seed=seed)
    chosen = pick(points, chosen_policy, targets, dial, policy)
    weights = _weights(evidence, chosen_policy, chosen.dial)
    if fold_repeats:
        weights = np.where(evidence.first, weights, 0.0)
    tails, words = read_tails(
        opened, evidence, weights, group_by=group_by, seed=seed, progress=progress
    )
    drawn = None if reserve is None else draw_reserve(evidence, weights, reserve, seed=seed)
    kept_back, reserved = drawn or (None, None)
    met, answer = _answer(points, chosen, targets, evidence)
    ways = outlooks(
        points[0].found,
        chosen.found,
        evidence.share,
        generations=generations,
        reserve=reserve,
        counts=(words.counts(0), words.counts(1)),
    )
    plan = CurationPlan(
        corpus=opened.name,
        policy=policy,
        dial=chosen.dial,
        dial_means=chosen_policy.dial,
        folded=fold_repeats,
        chosen=chosen.found,
        targets=targets,
        met=met,
        answer=answer,
        edge=edge_of(evidence, chosen_policy, chosen.dial),
        frontier=tuple(points),
        outlooks=ways,
        tails=tails,
        reserve=kept_back,
        written=None,
        seed=seed,
        version=__version__,
        _rule=_rule(evidence, chosen_policy, chosen.dial),
        _scorer=evidence.scorer,
        **_facts(evidence),
    )
    if out is not None:
        plan.save(out)
    if not apply:
        return plan
    order = Order(weights=weights, reserved=reserved, as_draws=as_ == "draws", seed=seed)
    return _applied(plan, opened, evidence, order, Path(str(out)), progress)


def _evidence(corpus: Corpus, assay: Any, detector: str | Scorer | None) -> Evidence:
    """What the assay says of every document of the corpus."""
    evidence = read_assay(assay)
    if detector is not None:
        evidence = replace(evidence, scorer=detector_for(evidence.detector, detector))
    return spread_over(corpus, evidence) if evidence.sampled else evidence


def _applied(
    plan: CurationPlan,
    corpus: Corpus,
    evidence: Evidence,
    order: Order,
    folder: Path,
    progress: Progress,
) -> CurationPlan:
    """The plan carried out, unless it breaks a limit."""
    if plan.met is False:
        raise LimitExceeded(f"{plan.answer} Nothing was written but the plan")
    done = replace(plan, written=write_corpus(corpus, evidence, order, folder, progress=progress))
    done.save(folder)
    return done


def _facts(evidence: Evidence) -> dict[str, Any]:
    """What a plan repeats of its assay."""
    return {
        "documents": evidence.documents,
        "distinct": int(evidence.weighed.size),
        "repeats": int((~evidence.first).sum()),
        "apart": int((evidence.first & ~np.isfinite(evidence.posterior)).sum()),
        "share": evidence.share,
        "upper_bound_only": evidence.upper_bound_only,
        "doubts": evidence.doubts,
        "detector": evidence.detector,
    }


def _check(reserve: float | None, out: Any, apply: bool, as_: str) -> None:
    if reserve is not None and not 0 < reserve < 1:
        raise BadSetting(f"a reserve is a share above 0 and below 1, got {reserve:g}")
    if apply and out is None:
        raise BadSetting("apply writes a new corpus: say where with out (--out)")
    if as_ not in ("weights", "draws"):
        raise BadSetting(f"expected weights or draws, got '{as_}'")


def _weights(evidence: Evidence, policy: Policy, dial: float | None) -> np.ndarray:
    """The weight of each document: repeats take their text's, what was set apart is kept."""
    if dial is None:
        return np.ones(evidence.documents)
    weights = policy.weights(evidence, dial, evidence.share.point)
    repeats = np.flatnonzero(~evidence.first & np.isfinite(evidence.posterior))
    if repeats.size:
        weights[repeats] = weights[_texts_of(evidence, repeats)]
    return weights


def _texts_of(evidence: Evidence, repeats: np.ndarray) -> np.ndarray:
    """The distinct text of each repeat: equal p-value and probability, and the nearest score."""
    rows = evidence.weighed
    both = np.concatenate([rows, repeats])
    pairs = np.stack([evidence.posterior[both], evidence.p[both]])
    _, kind = np.unique(pairs, axis=1, return_inverse=True)
    scores = evidence.scores[both]
    key = kind.ravel() + 0.499 * (scores - scores.min()) / max(np.ptp(scores), 1e-300)
    known, wanted = key[: rows.size], key[rows.size :]
    order = np.argsort(known, kind="stable")
    after = np.clip(np.searchsorted(known[order], wanted), 0, rows.size - 1)
    before = np.maximum(after - 1, 0)
    near = np.abs(known[order][before] - wanted) < np.abs(known[order][after] - wanted)
    return np.asarray(rows[order[np.where(near, before, after)]])


def _told(miss: Miss) -> str:
    """A target that is missed, in words."""
    if miss.what == "inflation":
        return (
            f"{_NAMES[miss.what]} (limit {miss.limit:g}, found {miss.low:.3g} to {miss.high:.3g})"
        )
    found = interval(miss.low, miss.high, share=True)
    return f"{_NAMES[miss.what]} (limit {percent(miss.limit)}, found {found})"


def _rule(evidence: Evidence, policy: Policy, dial: float | None) -> Rule | None:
    """The plan for one text at a time, where the policy looks at the score alone."""
    if not policy.by_score:
        return None
    return rule_of(evidence, _weights(evidence, policy, dial))


def _answer(
    points: list[FrontierPoint], chosen: FrontierPoint, targets: Targets, evidence: Evidence
) -> tuple[bool | None, str]:
    """Whether the evidence promises the limits, in words."""
    if not targets.any:
        return None, ""
    if not chosen.missed:
        return True, "The evidence promises the limits."
    named = " and ".join(map(_told, chosen.missed))
    ways = (
        advice(point.found, misses(point.found, targets), targets, evidence) for point in points
    )
    way = "" if evidence.upper_bound_only else next(filter(None, ways), "")
    said = f"Not attainable with this evidence: {named}."
    if way:
        return False, f"{said} {way} would probably make it so."
    if evidence.upper_bound_only:
        return False, (
            f"{said} If there is machine text, it does not stand out: only labels of a random "
            "subset (`wellhead audit`) would tell."
        )
    return False, f"{said} No setting of this policy attains it even at the best estimate."
