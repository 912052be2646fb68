"""Do a plan's intervals hold the machine text left and the human text lost?

First on scores: the clusters that ship with the general detector, each scored by a model that had
seen neither its domains nor its family of generators; the prior is without them, too. In each trial
500 documents at a known share, a reference of 100 human texts, and every policy at its usual dial.

Then on texts, through the front door: an assay and a plan for real sources of the development texts
(``WELLHEAD_DATA``), and the tails table against truth: of what people wrote in each stretch of
length, how much the plan loses, told and true.

Run: ``python benchmarks/curate_truth.py [--repeats 1] [--texts 12] [--json FILE]``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import wellhead
from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead._progress import progress
from wellhead._stats import wilson
from wellhead.corpus import open_corpus
from wellhead.corpus.near_duplicates import near_duplicates
from wellhead.curation.choice import policy_named
from wellhead.curation.consequence import consequence
from wellhead.curation.evidence import Evidence, read_assay
from wellhead.detect import load_scorer
from wellhead.errors import WellheadError
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.evaluation import Trial, draw_trials
from wellhead.prevalence.library import generator_prior, library_of
from wellhead.prevalence.mixture import anchored_posterior

POLICIES = {"weight": 1.0, "fdr": 0.1, "budget": 0.7}
SHARES = (0.0, 0.1, 0.25, 0.5)


class Held(NamedTuple):
    """One plan against truth."""

    policy: str
    share: float
    machine: bool
    human: bool
    machine_width: float
    human_width: float
    machine_left: float
    human_lost: float
    assay: bool


def held(evidence: Evidence, truth: np.ndarray, share: float) -> Iterator[Held]:
    """Every policy at its usual dial, against the truth of the distinct texts."""
    rows = evidence.weighed
    mine = truth[rows]
    for name, dial in POLICIES.items():
        weights = policy_named(name).weights(evidence, dial, evidence.share.point)
        found = consequence(weights, evidence)
        kept = weights[rows]
        left = float(kept[mine].sum() / max(kept.sum(), 1e-9))
        lost = 1 - float(kept[~mine].sum() / max((~mine).sum(), 1))
        yield Held(
            name,
            share,
            found.machine.covers(left),
            found.human_lost.covers(lost),
            found.machine.width,
            found.human_lost.width,
            left,
            lost,
            evidence.share.covers(float(mine.mean())),
        )


def of_scores(repeats: int, seed: int) -> list[Held]:
    """Trials on the scores of the library's clusters."""
    clusters = [c for c in library_of(load_scorer("general")) if c.auc > 0.58]
    drawn = draw_trials(clusters, shares=SHARES, sizes=(500,), repeats=repeats, seed=seed)
    made: list[Held] = []
    with progress("trials", total=len(clusters) * len(SHARES) * repeats) as bar:
        for trial in drawn:
            made += held(_evidence(trial), trial.truth.astype(bool), round(trial.share, 3))
            bar.advance()
    return made


def _evidence(trial: Trial) -> Evidence:
    found = anchored_posterior(
        trial.scores,
        trial.human,
        generator_prior(trial.library),
        effective=EFFECTIVE,
        seed=trial.seed,
    )
    n = trial.scores.size
    return Evidence(
        ids=pa.array([str(place) for place in range(n)]),
        scores=trial.scores,
        p=p_values(trial.scores, trial.human),
        posterior=found.of_documents(trial.scores),
        first=np.ones(n, bool),
        groups=None,
        share=found.interval(0.95),
        human=trial.human.size,
        corpus="",
        detector=("general", ""),
    )


class Tail(NamedTuple):
    """One stretch of length: human text lost, told and true, and what a lottery of it spans."""

    told: float
    true: float
    people: int


def of_texts(most: int, seed: int) -> tuple[list[Held], list[Tail], int]:
    """Assays and plans of real sources; also the tails, and how many assays gave no share."""
    rng = np.random.default_rng(seed)
    plans: list[Held] = []
    tails: list[Tail] = []
    withheld = 0
    for human, machine in islice(_sources(rng), most):
        machines = int(rng.choice([20, 50, 100]))
        texts = [*human[100:300], *machine[:machines]]
        truth = np.repeat([False, True], [len(texts) - machines, machines])
        order = rng.permutation(len(texts))
        corpus, truth = [texts[at] for at in order], truth[order]
        try:
            assay = wellhead.assay(corpus, human=human[:100])
            evidence = read_assay(assay)
        except WellheadError:
            withheld += 1
            continue
        plans += held(evidence, truth, machines / len(texts))
        tails += _lengths(corpus, truth, assay)
    return plans, tails, withheld


def _lengths(corpus: list[str], truth: np.ndarray, assay: Any) -> Iterator[Tail]:
    """Told and true loss by length, under `fdr`."""
    plan = wellhead.curate(corpus, assay=assay, policy="fdr", dial=0.2)
    evidence = read_assay(assay)
    weights = policy_named("fdr").weights(evidence, 0.2, evidence.share.point)
    words = np.array(
        [len(text.split()) for text in open_corpus(corpus).table()["text"].to_pylist()]
    )
    for stretch in plan.tails.lengths:
        low, high = _ends(stretch.name)
        within = (words >= low) & (words <= high)
        here = evidence.weighed[within[evidence.weighed]]
        people = here[~truth[here]]
        if people.size >= 20:
            yield Tail(stretch.human_lost, 1 - float(weights[people].mean()), people.size)


def _ends(name: str) -> tuple[int, int]:
    numbers = [int(word) for word in name.split() if word.isdecimal()]
    if name.startswith("up to"):
        return 0, numbers[0]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (numbers[0], 1 << 60)


def _sources(rng: np.random.Generator) -> Iterator[tuple[list[str], list[str]]]:
    """Human and machine texts of one source, domain and generator, where there are enough."""
    columns = ["text", "label", "generator", "source", "domain", "kind"]
    table = pq.read_table(needed("detection", "dev.parquet"), columns=columns).to_pandas()
    table = table[table["kind"] == "plain"]
    found = []
    for _, part in table.groupby(["source", "domain"]):
        human = part[part["label"] == "human"]["text"].drop_duplicates().tolist()
        for _, made in part[part["label"] == "machine"].groupby("generator"):
            machine = made["text"].drop_duplicates().tolist()
            if len(human) >= 300 and len(machine) >= 100:
                found.append((human, machine))
    for at in rng.permutation(len(found)):
        human, machine = (list(rng.permutation(texts)[:900]) for texts in found[at])
        copies = near_duplicates([*human, *machine]).tolist()
        people = dict(zip(copies[: len(human)][::-1], human[::-1], strict=True))
        made = dict(zip(copies[len(human) :], machine, strict=True))
        apart = [text for cluster, text in made.items() if cluster not in people]
        if len(people) >= 300 and len(apart) >= 100:
            yield list(people.values()), apart


def table(plans: list[Held]) -> str:
    """Coverage and width by policy."""
    lines = []
    for name in POLICIES:
        mine = [one for one in plans if one.policy == name]
        if not mine:
            continue
        mean = {f: float(np.mean([getattr(one, f) for one in mine])) for f in Held._fields[2:]}
        lines.append(
            (
                name,
                len(mine),
                f"{mean['assay']:.3f}",
                f"{mean['machine']:.3f}",
                f"{mean['human']:.3f}",
                f"{mean['machine_width']:.3f}",
                f"{mean['human_width']:.3f}",
                f"{mean['machine_left']:.3f}",
                f"{mean['human_lost']:.3f}",
            )
        )
    heads = "policy,plans,>assay holds,>machine left holds,>human lost holds,>its width,>its width"
    return markdown_table((*heads.split(","), ">machine left", ">human lost"), lines)


def tails_table(tails: list[Tail]) -> str:
    """The told loss of human text by stretch, against what was lost."""
    if not tails:
        return "no stretch"
    inside = [wilson(round(one.true * one.people), one.people).covers(one.told) for one in tails]
    told, true = (np.array([getattr(one, name) for one in tails]) for name in ("told", "true"))
    lines = [
        ("stretches of length with 20 human texts or more", len(tails)),
        ("mean human text lost, told", f"{told.mean():.3f}"),
        ("mean human text lost, true", f"{true.mean():.3f}"),
        ("told within the true one's 95 % interval", f"{np.mean(inside):.3f}"),
        ("mean absolute difference", f"{np.abs(told - true).mean():.3f}"),
    ]
    return markdown_table(("tails against truth", ">"), lines)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--texts", type=int, default=12, help="sources read as texts; 0 for none")
    parser.add_argument("--scores", type=int, default=1, help="0 leaves the trials on scores out")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    record: dict[str, Any] = {}
    if arguments.scores:
        record["scores"] = scores = of_scores(arguments.repeats, arguments.seed)
        print(f"On scores, {len(scores)} plans:\n\n{table(scores)}\n", flush=True)
    if arguments.texts:
        plans, tails, withheld = of_texts(arguments.texts, arguments.seed)
        print(f"On texts ({withheld} assays gave no share):\n\n{table(plans)}\n")
        print(tails_table(tails))
        record |= {"texts": plans, "tails": tails, "withheld": withheld}
    save_json(arguments.json, record)


if __name__ == "__main__":
    main()
