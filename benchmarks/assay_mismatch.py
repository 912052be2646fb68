"""What an assay claims when the human reference is of another kind, before and after its checks.

Artificial corpora from two collections of detection data, `detection/dev.parquet` and
`detection/dev2.parquet`; they are not part of this project and are looked for in
``$WELLHEAD_DATA`` or ``../shared/data``. The limits of the checks were chosen on the first; the
shipped detector was fitted on no text of the second.

- ``other``: people's texts of one collection against people's of another. The truth is 0.
- ``part``: half of the corpus is of the reference's kind, half of another; all by people.
- ``same``: reference and corpus of one collection, with 0 to 100 % by one generator, whether the
  detector can see it or not.

"Before" is the estimate from the scores alone; "after" is what `wellhead.assay` claims.

Run: ``python benchmarks/assay_mismatch.py [--data dev2] [--pairs 60] [--cells 40] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead._progress import progress
from wellhead.corpus.near_duplicates import near_duplicates
from wellhead.detect import load_scorer
from wellhead.prevalence.estimate import Evidence, estimate
from wellhead.prevalence.library import Cluster, library_of
from wellhead.prevalence.reference_fit import reference_fit
from wellhead.prevalence.withholding import bound_on_explained, hedged, withheld

REFERENCE, CORPUS = 100, 200
LEAST = 90
SHARES = (0.0, 0.1, 0.4, 0.75, 1.0)
MOST = 400


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
    people, machines = _collections(arguments.data)
    rng = np.random.default_rng(arguments.seed)
    drawn = [
        *_other(people, arguments.pairs, rng),
        *_same(people, machines, arguments.cells, rng),
    ]
    library = library_of(load_scorer("general"))
    with progress("trials", total=len(drawn)) as bar:
        outcomes = []
        for number, trial in enumerate(drawn):
            outcomes.append(_outcome(trial, library, number))
            bar.advance()
    print(report(outcomes))
    save_json(arguments.json, outcomes)


def _collections(data: str) -> tuple[dict[str, Texts], dict[tuple[str, str], Texts]]:
    """People's texts by collection, and machine texts by collection and generator; English."""
    table = pq.read_table(needed("detection", f"{data}.parquet"))
    if "lang" in table.column_names:
        table = table.filter(pc.equal(table["lang"], "en"))
    scorer = load_scorer("general")
    frame = table.to_pandas()
    frame["kind_of_text"] = frame["source"] + "/" + frame["domain"]
    people = {
        name: _scored(rows["text"].tolist(), scorer)
        for name, rows in frame[frame["label"] == "human"].groupby("kind_of_text")
        if len(rows) >= LEAST
    }
    written = frame[(frame["label"] == "machine") & frame["kind_of_text"].isin(people)]
    machines = {
        key: _scored(rows["text"].tolist(), scorer)
        for key, rows in written.groupby(["kind_of_text", "generator"])
        if len(rows) >= LEAST
    }
    return people, machines


def _scored(texts: list[str], scorer: Any) -> Texts:
    """At most `MOST` of the texts, each cluster of copies once."""
    some = [texts[i] for i in np.random.default_rng(0).permutation(len(texts))[:MOST]]
    first = np.unique(near_duplicates(some), return_index=True)[1]
    kept = [some[i] for i in sorted(first)]
    return Texts(kept, np.asarray(scorer.score(kept)))


def _split(pool: Texts, rng: np.random.Generator, *sizes: int) -> list[Texts]:
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
        human, mine = _split(people[theirs], rng, REFERENCE, CORPUS // 2)
        (corpus,) = _split(people[ours], rng, CORPUS)
        half = corpus.part(np.arange(min(len(mine.texts), len(corpus.texts))))
        name = f"{ours} against {theirs}"
        yield Trial("other", name, 0.0, 0.5, human, corpus)
        yield Trial("part", name, 0.0, 0.5, human, mine.joined(half))


def _same(
    people: dict[str, Texts],
    machines: dict[tuple[str, str], Texts],
    cells: int,
    rng: np.random.Generator,
) -> Iterator[Trial]:
    keys = sorted(machines)
    for pick in rng.permutation(len(keys))[:cells]:
        kind, generator = keys[pick]
        theirs = machines[kind, generator]
        seen = Cluster(kind, generator, people[kind].scores, theirs.scores).auc
        for share in SHARES:
            size = min(CORPUS, len(theirs.texts)) if share > 0.5 else CORPUS
            human, mine = _split(people[kind], rng, REFERENCE, round(size * (1 - share)))
            wanted = len(mine.texts) * share / (1 - share) if share < 1 else size
            (written,) = _split(theirs, rng, round(wanted))
            corpus = mine.joined(written)
            truth = len(written.texts) / len(corpus.texts)
            yield Trial("same", f"{kind} × {generator}", truth, seen, human, corpus)


def _outcome(trial: Trial, library: tuple[Cluster, ...], seed: int) -> dict[str, Any]:
    evidence = Evidence(scores=trial.corpus.scores, human=trial.human.scores, library=library)
    before = estimate(evidence, seed=seed)
    fit = reference_fit(trial.human.texts, trial.corpus.texts, seed=seed)
    compared = np.arange(trial.corpus.scores.size)
    why = withheld(evidence, fit, (), ())
    after = hedged(before, evidence, fit, why, compared=compared, level=0.95, seed=seed)
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
        "explained": 1.0 if fit is None else float(fit.explained.mean()),
        "trimmed": 0.0 if fit is None else bound_on_explained(evidence, fit, compared, 0.95, seed),
    }


def report(outcomes: list[dict[str, Any]]) -> str:
    """False claims where all texts are people's; coverage where the reference fits."""
    return "\n\n".join([_claims(outcomes), _coverage(outcomes)])


def _claims(outcomes: list[dict[str, Any]]) -> str:
    lines = []
    for design in ("other", "part"):
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
    parts = {
        "all": same,
        "seen (AUC ≥ .65)": [one for one in same if one["seen"] >= 0.65],
        "not seen": [one for one in same if one["seen"] < 0.65],
        "share ≤ .75": [one for one in same if one["share"] < 0.9],
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
    return markdown_table([*columns, ">bound holds"], lines)


def _arguments() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--data", default="dev2", choices=("dev", "dev2"))
    parser.add_argument("--pairs", type=int, default=60, help="pairs of collections of people")
    parser.add_argument("--cells", type=int, default=40, help="pairs of collection and generator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", type=Path, help="print the report of numbers saved before")
    arguments = parser.parse_args()
    if arguments.again:
        print(report(json.loads(arguments.again.read_text(encoding="utf-8"))))
        raise SystemExit
    return arguments


if __name__ == "__main__":
    main()
