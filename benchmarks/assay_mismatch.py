"""What an assay claims when the human reference is of another kind, before and after its checks.

Artificial corpora from two collections of detection data, `detection/dev.parquet` and
`detection/dev2.parquet`; they are not part of this project and are looked for in
``$WELLHEAD_DATA`` or ``../shared/data``. The shipped detector was fitted on these texts, so they
count with the scores of models that had seen neither their domain nor their generator's maker:
those of ``--table``, which
``tools/fit_general_detector.py --measure-only --table leave_out_scores.parquet`` writes. Two kinds
are then scored by two models, which differ a little more than one model does from itself. The
library is without generators and kinds of the same name. The limits of the checks were chosen on
every second kind of text, in the order of their names (``--half chosen``); the numbers that count
are those of the others.

- ``other``: people's texts of one kind against people's of another. The truth is 0.
- ``half``, ``quarter``: that part of the corpus is of another kind; all by people.
- ``same``: reference and corpus of one kind, with 0 to 100 % by one generator, whether the detector
  can see it or not.

"Before" is the estimate from the scores alone; "after" is what `wellhead.assay` claims. With
``--null``, how often the test of the reference finds a difference where there is none: halves of
one kind; and, for an adapted assay, a corpus of what its two references hold.

Run: ``python benchmarks/assay_mismatch.py --table leave_out_scores.parquet [--half held-out]
[--pairs 30] [--cells 24] [--json FILE] [--set reference_fit.GROSS=0.6]``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead._progress import progress
from wellhead.corpus.near_duplicates import near_duplicates
from wellhead.detect import Cluster, load_scorer
from wellhead.errors import BadSetting
from wellhead.prevalence.adapt import explained_by_either
from wellhead.prevalence.conformal import benjamini_hochberg
from wellhead.prevalence.estimate import Estimate, Evidence, estimate
from wellhead.prevalence.library import library_of
from wellhead.prevalence.reference_fit import DIFFERENT, reference_fit
from wellhead.prevalence.withholding import doubt, hedged, withheld

REFERENCE, CORPUS = 100, 200
LEAST = 90
SHARES = (0.0, 0.1, 0.4, 0.75, 1.0)
MOST = 400
RATE = 0.1


class Texts(NamedTuple):
    """Texts of one kind with their scores."""

    texts: list[str]
    scores: np.ndarray

    def part(self, rows: np.ndarray) -> Texts:
        return Texts([self.texts[i] for i in rows], self.scores[rows])

    def joined(self, other: Texts) -> Texts:
        return Texts(self.texts + other.texts, np.concatenate([self.scores, other.scores]))


@dataclass(frozen=True)
class Trial:
    """One corpus, its reference, and its true share."""

    design: str
    name: str
    share: float
    seen: float
    human: Texts
    corpus: Texts


def main() -> None:
    arguments = _arguments()
    people, machines = _half(*_collections(arguments.table), arguments.half)
    rng = np.random.default_rng(arguments.seed)
    if arguments.null:
        print(null(people, arguments.pairs, rng))
        print(null_of_both(people, machines, arguments.pairs, rng))
        return
    drawn = [
        *_other(people, arguments.pairs, rng),
        *_same(machines, arguments.cells, rng),
    ]
    library = library_of(load_scorer(arguments.detector))
    with progress("trials", total=len(drawn)) as bar:
        outcomes = []
        for number, trial in enumerate(drawn):
            outcomes.append(outcome(trial, library, number))
            bar.advance()
    print(report(outcomes))
    save_json(arguments.json, outcomes)


class Cell(NamedTuple):
    """People's texts and one generator's of the same kind, scored by one model."""

    human: Texts
    machine: Texts


Kinds = tuple[dict[str, Texts], dict[tuple[str, str], Cell]]


def with_texts(table: Path) -> pd.DataFrame:
    """The table of scores with each text and its kind, which is its source and domain."""
    frame = pd.read_parquet(table)
    names = ("dev", "dev2")
    parts = [pq.read_table(needed("detection", f"{one}.parquet"))["text"] for one in names]
    texts = [text for part in parts for text in part.to_pylist()]
    frame["text"] = [texts[row] for row in frame["row"]]
    frame["kind_of_text"] = frame["source"] + "/" + frame["domain"]
    return frame


def _collections(table: Path) -> Kinds:
    """People's texts by kind, and pairs of kind and generator; English."""
    frame = with_texts(table)
    people: dict[str, Texts] = {}
    machines = {}
    for (name, _), rows in frame.groupby(["kind_of_text", "fold_generator"]):
        human = rows[rows["label"] == "human"]
        if len(human) < LEAST:
            continue
        theirs = drawn_from(human)
        people.setdefault(name, theirs)
        for generator, written in rows[rows["label"] == "machine"].groupby("generator"):
            if len(written) >= LEAST:
                machines[name, generator] = Cell(theirs, drawn_from(written))
    return people, machines


def _half(people: dict[str, Texts], machines: dict[tuple[str, str], Cell], half: str) -> Kinds:
    names = set(sorted(people)[{"chosen": 0, "held-out": 1}[half] :: 2])
    return (
        {name: texts for name, texts in people.items() if name in names},
        {key: cell for key, cell in machines.items() if key[0] in names},
    )


def drawn_from(rows: pd.DataFrame) -> Texts:
    """At most `MOST` of the texts, each cluster of copies once."""
    some = rows.iloc[np.random.default_rng(0).permutation(len(rows))[:MOST]]
    first = np.unique(near_duplicates(some["text"].tolist()), return_index=True)[1]
    kept = some.iloc[sorted(first)]
    return Texts(kept["text"].tolist(), kept["score"].to_numpy(np.float64))


def split(pool: Texts, rng: np.random.Generator, *sizes: int) -> list[Texts]:
    """Disjoint draws; where the pool is too small, each gets its share of it."""
    scale = min(1.0, len(pool.texts) / max(sum(sizes), 1))
    order = rng.permutation(len(pool.texts))
    ends = np.cumsum([0, *(int(size * scale) for size in sizes)])
    return [pool.part(order[a:b]) for a, b in pairwise(ends)]


def _other(people: dict[str, Texts], pairs: int, rng: np.random.Generator) -> Iterator[Trial]:
    names = sorted(people)
    ordered = [(a, b) for a in names for b in names if a != b]
    for pick in rng.permutation(len(ordered))[:pairs]:
        ours, theirs = ordered[pick]
        human, mine = split(people[theirs], rng, REFERENCE, 3 * CORPUS // 4)
        (corpus,) = split(people[ours], rng, CORPUS)
        name = f"{ours} against {theirs}"
        yield Trial("other", name, 0.0, 0.5, human, corpus)
        for design, each in (("half", 1.0), ("quarter", 1 / 3)):
            size = min(len(mine.texts), len(corpus.texts), CORPUS // 2 if each == 1 else CORPUS)
            known = mine.part(np.arange(size))
            yield Trial(
                design,
                name,
                0.0,
                0.5,
                human,
                known.joined(corpus.part(np.arange(int(size * each)))),
            )


def _same(
    machines: dict[tuple[str, str], Cell],
    cells: int,
    rng: np.random.Generator,
) -> Iterator[Trial]:
    keys = sorted(machines)
    for pick in rng.permutation(len(keys))[:cells]:
        kind, generator = keys[pick]
        people, theirs = machines[kind, generator]
        seen = Cluster(kind, generator, people.scores, theirs.scores).auc
        for share in SHARES:
            size = min(CORPUS, len(theirs.texts)) if share > 0.5 else CORPUS
            human, mine = split(people, rng, REFERENCE, round(size * (1 - share)))
            wanted = len(mine.texts) * share / (1 - share) if share < 1 else size
            (written,) = split(theirs, rng, round(wanted))
            corpus = mine.joined(written)
            truth = len(written.texts) / len(corpus.texts)
            yield Trial("same", f"{kind} × {generator}", truth, seen, human, corpus)


def _others(library: tuple[Cluster, ...], name: str) -> tuple[Cluster, ...]:
    """The clusters that share no name of a kind or a generator with a trial."""
    named = {_plain(part) for one in name.split(" × ") for part in one.split("/")[-1:]}
    named |= {_plain(one.split("/")[-1]) for one in name.split(" against ")}
    return tuple(
        cluster
        for cluster in library
        if not {_plain(cluster.domain), _plain(cluster.generator)} & named
    )


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))


def outcome(trial: Trial, library: tuple[Cluster, ...], seed: int) -> dict[str, Any]:
    """What the scores alone say of a trial, and what an assay claims."""
    others = _others(library, trial.name)
    evidence = Evidence(scores=trial.corpus.scores, human=trial.human.scores, library=others)
    before = estimate(evidence, seed=seed)
    fit = reference_fit(trial.human.texts, trial.corpus.texts, seed=seed)
    against = doubt(evidence, fit, np.arange(trial.corpus.scores.size), seed=seed)
    why = withheld(evidence, against, (), ())
    after = hedged(before, evidence, against, why)
    return {
        "design": trial.design,
        "name": trial.name,
        "share": trial.share,
        "seen": trial.seen,
        "withheld": why is not None,
        "before": [*before.share[:3], before.at_least],
        "after": [*after.share[:3], after.at_least],
        "p": 1.0 if fit is None else fit.p_value,
        "unexplained": 0.0 if fit is None else fit.unexplained,
        "other_kind": 0.0 if fit is None else fit.other_kind,
        "lowered": 0.0 if fit is None else float(fit.foreign.mean()),
        "cautious": 0.0 if against is None else against.cautious.share.low,
        "flags": [_flags(trial, before), _flags(trial, after)],
    }


def _flags(trial: Trial, found: Estimate) -> list[int]:
    """Machine texts flagged, people's texts flagged, machine texts."""
    size = trial.corpus.scores.size
    machine = np.arange(size) >= size - round(trial.share * size)
    if found.p_values is None:
        return [0, 0, int(machine.sum())]
    flagged = benjamini_hochberg(found.p_values, RATE)
    parts = (flagged & machine, flagged & ~machine, machine)
    return [int(part.sum()) for part in parts]


def null(people: dict[str, Texts], splits: int, rng: np.random.Generator) -> str:
    """How often halves of one kind are found to differ, by the level of the test."""
    large = [texts for texts in people.values() if len(texts.texts) >= REFERENCE + CORPUS // 2]
    found = []
    for number in range(splits):
        human, corpus = split(large[number % len(large)], rng, REFERENCE, CORPUS)
        fit = reference_fit(human.texts, corpus.texts, seed=number)
        if fit is not None:
            found.append((fit.p_value, float(fit.foreign.mean()), fit.unexplained, fit.other_kind))
    p, lowered, unexplained, other = np.array(found).T
    lines = [(f"p < {level}", f"{(p < level).mean():.3f}") for level in (0.01, 0.05, 0.1, 0.5)]
    lines += [
        ("some texts lowered", f"{(lowered > 0).mean():.3f}"),
        ("of all texts lowered", f"{lowered.mean():.3f}"),
        ("a part unexplained", f"{(unexplained > 0).mean():.3f}"),
        ("a part of another kind", f"{(other > 0).mean():.3f}"),
    ]
    return markdown_table([f"{len(found)} splits of one kind", ">rate"], lines)


def null_of_both(
    people: dict[str, Texts],
    machines: dict[tuple[str, str], Cell],
    splits: int,
    rng: np.random.Generator,
) -> str:
    """How often a corpus is found to differ from a human and a machine reference together.

    Both references hold 100 texts; the corpus, 120 by these people and 80 by this generator;
    ``third``, 80 more by people of another kind.
    """
    least = REFERENCE + 4 * CORPUS // 10
    large = [
        (kind, cell)
        for (kind, _), cell in sorted(machines.items())
        if min(len(cell.human.texts), len(cell.machine.texts)) >= least + CORPUS // 5
    ]
    found: dict[str, list[tuple[float, float]]] = {"both kinds": [], "and a third": []}
    for number in range(splits):
        kind, cell = large[rng.integers(len(large))]
        other = people[rng.choice([name for name in sorted(people) if name != kind])]
        human, ours = split(cell.human, rng, REFERENCE, 6 * CORPUS // 10)
        machine, theirs = split(cell.machine, rng, REFERENCE, 4 * CORPUS // 10)
        (third,) = split(other, rng, 4 * CORPUS // 10)
        both = ours.joined(theirs)
        for what, corpus in zip(found, (both, both.joined(third)), strict=True):
            fits = [reference_fit(one.texts, corpus.texts, seed=number) for one in (human, machine)]
            either = explained_by_either(*fits)
            if fits[0] is not None and either is not None:
                found[what].append((fits[0].p_value, either.p_value))
    lines = []
    for what, values in found.items():
        rates = (np.array(values) < DIFFERENT).mean(axis=0)
        lines.append((what, len(values), *(f"{rate:.3f}" for rate in rates)))
    columns = [">corpora", ">unlike the people", ">unlike both"]
    return markdown_table([f"p < {DIFFERENT}: a corpus of", *columns], lines)


def report(outcomes: list[dict[str, Any]]) -> str:
    """False claims where all texts are people's; coverage where the reference fits."""
    return "\n\n".join([_claims(outcomes), _coverage(outcomes), _flagged(outcomes)])


def _claims(outcomes: list[dict[str, Any]]) -> str:
    lines = []
    for design in ("other", "half", "quarter"):
        rows = [one for one in outcomes if one["design"] == design]
        for when in ("before", "after") if rows else ():
            said = [one for one in rows if when == "before" or not one["withheld"]]
            false_bound = [one[when][3] for one in said if one[when][3] > one["share"]]
            false_low = [one for one in said if one[when][0] > one["share"]]
            lines.append(
                (
                    design,
                    when,
                    len(rows),
                    f"{1 - len(said) / len(rows):.2f}",
                    f"{len(false_bound) / len(rows):.3f}",
                    f"{np.mean(false_bound) if false_bound else 0:.2f}",
                    f"{len(false_low) / len(rows):.3f}",
                )
            )
    columns = ["corpus", "", ">trials", ">cannot be said", ">false bound", ">its mean"]
    return markdown_table([*columns, ">interval above the truth"], lines)


def _coverage(outcomes: list[dict[str, Any]]) -> str:
    lines = []
    same = [one for one in outcomes if one["design"] == "same"]
    kept = [one for one in same if one["before"][3] > 0 and not one["withheld"]]
    parts = {
        "all": same,
        "seen (AUC ≥ .65)": [one for one in same if one["seen"] >= 0.65],
        "not seen": [one for one in same if one["seen"] < 0.65],
        "share ≤ .75": [one for one in same if one["share"] < 0.9],
        "all by machines": [one for one in same if one["share"] >= 0.9],
    }
    for what, rows in parts.items():
        for when in ("before", "after") if rows else ():
            ends = np.array([one[when] for one in rows])
            truth = np.array([one["share"] for one in rows])
            out = np.array([when == "after" and one["withheld"] for one in rows])
            covered = out | ((ends[:, 0] <= truth + 1e-9) & (truth <= ends[:, 2] + 1e-9))
            width = np.where(out, 1.0, ends[:, 2] - ends[:, 0])
            held = out | (ends[:, 3] <= truth + 1e-9)
            rates = [f"{value.mean():.3f}" for value in (out, covered, width, held)]
            lines.append((what, when, len(rows), *rates))
    columns = ["generators", "", ">trials", ">cannot be said", ">covered", ">width"]
    left = [one["after"][3] / one["before"][3] for one in kept]
    said = f"Of a bound that the scores alone give, {np.mean(left):.2f} is left on average."
    return markdown_table([*columns, ">bound holds"], lines) + (f"\n\n{said}" if kept else "")


def _flagged(outcomes: list[dict[str, Any]]) -> str:
    """Flags at a false discovery rate of 10 %."""
    kinds: dict[str, list[Any]] = {}
    for one in outcomes:
        share = min(SHARES, key=lambda share: abs(share - one["share"]))
        what = f"same, {100 * share:.0f} %" if one["design"] == "same" else one["design"]
        kinds.setdefault(what, []).append(one["flags"])
    lines = []
    for what, rows in kinds.items():
        for place, when in enumerate(("before", "after")):
            right, wrong, machine = np.array([row[place] for row in rows]).T
            false = wrong / np.maximum(right + wrong, 1)
            found = f"{(right / np.maximum(machine, 1)).mean():.3f}" if machine.any() else "–"
            lines.append((what, when, len(rows), f"{(wrong > 0).mean():.3f}"))
            lines[-1] += (f"{false.mean():.3f}", found)
    columns = ["corpus", "", ">trials", ">any false flag", ">false of the flagged", ">found"]
    return markdown_table(columns, lines)


def _arguments() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--half", default="held-out", choices=("chosen", "held-out"))
    parser.add_argument("--pairs", type=int, default=30, help="pairs of kinds of people's texts")
    parser.add_argument("--cells", type=int, default=24, help="pairs of kind and generator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="scores by models that had not seen the texts")
    parser.add_argument("--detector", default="general", help="whose scores they are")
    parser.add_argument("--null", action="store_true", help="the test where nothing differs")
    parser.add_argument("--set", action="append", default=[], help="a limit, for choosing it")
    parser.add_argument("--again", type=Path, help="print the report of numbers saved before")
    arguments = parser.parse_args()
    for one in arguments.set:
        _limit(*one.split("="))
    if arguments.again:
        print(report(json.loads(arguments.again.read_text(encoding="utf-8"))))
        raise SystemExit
    if arguments.table is None:
        parser.error("expected --table with scores by models that had not seen the texts")
    return arguments


def _limit(name: str, value: str) -> None:
    """Set a limit of the checks, such as ``reference_fit.GROSS``."""
    file, constant = name.split(".")
    module = sys.modules[f"wellhead.prevalence.{file}"]
    if not hasattr(module, constant):
        raise BadSetting(f"wellhead.prevalence.{file} has no limit {constant}")
    setattr(module, constant, float(value))


if __name__ == "__main__":
    main()
