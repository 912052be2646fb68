"""Does a detector adapted to one's own task pay, and does the interval still hold?

Fifteen tasks of the detection sources, each one domain of one source. Of a task's generators and
kinds every second is known, three at most: references come from these, corpora from these or from
three of the others.
Texts and what was made from them lie together on one side: half give references, half corpora.

For 20, 50, 100 and 300 references a side, and where a task has no hundred for as many as there
are: how well machine texts are told from people's, by known and by unseen writers, by the general
detector, by the adapted one, by TF-IDF with logistic regression fitted on the same references, and
by `is-it-slop` where installed, which may have been trained on these very texts. The general
detector here is fitted as the shipped one is, without the task's source and its kin. Then the
interval of corpora of up to 200 documents, as a report shows it, from references scored by models
that had not seen them; the library leaves the task's source and domains out. What it would be if it
allowed less readily for a generator that no score shows; of such a one a corpus scores as one of
people alone. And the p-values of people's texts in the corpora, which should be uniform.

Run: ``python benchmarks/own_task.py [--task NAME …] [--out FOLDER] [--json FILE]``; texts are cut
at 1,500 characters. With ``--out`` each task's numbers are written as it ends, and a second run
measures the others only.
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from _harness import DATA, benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect import Cluster, load_scorer
from wellhead.detect.adapt import OwnTexts, adapt_detector
from wellhead.detect.examples import HUMAN, Examples
from wellhead.detect.folds import Learner
from wellhead.detect.linear import LinearModel
from wellhead.detect.normalise import normalise_all
from wellhead.prevalence.adapt import Own
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import Evidence, anchored_share, without_hard
from wellhead.prevalence.library import library_of
from wellhead.prevalence.reference_fit import reference_fit

sys.path.append(str(Path(__file__).resolve().parents[1] / "tools"))
from fit_general_detector import FULL
from general_texts import general_texts

TASKS = (
    "l2r/NewsArticle", "l2r/Finance", "l2r/Sports", "l2r/Religious", "l2r/FoodCusine",
    "l2r/LiteratureCreativeWriting", "biscope/writing-prompts", "hppt/acl-abstract",
    "lastde/eli5", "lastde/squad", "imbd/xsum", "seqx/doc", "fdg_oss/xsum", "fdg_oss/writing",
    "advpara/mage-mix",
)  # fmt: skip
SIZES, MAIN = (20, 50, 100, 300), 100
SHARES = (0.0, 0.1, 0.3, 0.6, 0.9)
ALLOWED = (0.03, 0.06, 0.15, 0.3, 1.1)
MOST, LEAST, CHARACTERS, WRITERS, DRAWS = 200, 60, 1500, 3, 400
# As tools/fit_general_detector.py fits the general detector, from fewer texts.
STRENGTH, TEXTS = 0.5, 10_000
Scores = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Elsewhere:
    """The general detector without one source, with the library that it may know."""

    model: LinearModel
    clusters: tuple[Cluster, ...]
    name: str = "elsewhere"
    revision: str = "0"

    def score(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(self.model.score(normalise_all(texts)), np.float64)


class Task(NamedTuple):
    """Texts by writer: those that references come from, and those of the corpora."""

    name: str
    references: dict[str, list[str]]
    corpora: dict[str, list[str]]
    groups: dict[str, list[str]]
    known: list[str]
    unseen: list[str]


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--task", action="append", choices=TASKS, help="only this one")
    parser.add_argument("--out", type=Path, help="each task's numbers, kept for the next run")
    arguments = parser.parse_args()
    needed("detection", "dev2.parquet")
    frame = learner = None
    found: list[dict[str, list[dict[str, Any]]]] = []
    for name in arguments.task or TASKS:
        kept = arguments.out and arguments.out / f"{name.replace('/', '_')}.json"
        if not (kept and kept.exists()):
            if frame is None:
                frame = _texts()
                learner = _learner(frame)
            found.append(_measured(_task(frame, name), _elsewhere(frame, learner, name)))
            save_json(kept, found[-1])
            print(f"{name}: {time.process_time():.0f} s", file=sys.stderr, flush=True)
        else:
            found.append(json.loads(kept.read_text(encoding="utf-8")))
    told, shares = ([row for one in found for row in one[part]] for part in ("told", "shares"))
    save_json(arguments.json, {"told": told, "shares": shares})
    print(_report(pd.DataFrame(told), pd.DataFrame(shares)))


def _texts() -> pd.DataFrame:
    frame = general_texts(DATA)
    frame["norm"] = frame.norm.str.slice(0, CHARACTERS)
    return frame


def _measured(task: Task, general: Elsewhere) -> dict[str, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    shares: list[dict[str, Any]] = []
    known, slop = _once(general.score), _slop()
    there = min(len(task.references[HUMAN]), len(_owners(task)))
    for size in SIZES:
        if size <= there or size == MAIN:
            own = _own(task, min(size, there))
            detector = adapt_detector(general, own)
            scorers = {
                "general": known,
                "adapted": _once(detector.score),
                "TF-IDF": _tfidf(own),
                **slop,
            }
            _measure(task, size, Own(detector.own, detector, general), scorers, told, shares)
    return {"told": told, "shares": shares}


def _learner(frame: pd.DataFrame) -> tuple[Learner, np.ndarray]:
    rows = np.random.default_rng(5).permutation(len(frame))[:TEXTS]
    some = frame.iloc[rows]
    examples = Examples(
        list(some.norm),
        generator=some.generator.to_numpy(str),
        domain=some.group.to_numpy(str),
        family=some.maker.to_numpy(str),
        group=some.key.to_numpy(str),
    )
    made = Learner.of(examples, seed=0)
    return replace(made, views=made.views[1:], recipe=FULL).with_rhythm(), rows


_MODELS: dict[str, LinearModel] = {}


def _elsewhere(frame: pd.DataFrame, learner: tuple[Learner, np.ndarray], name: str) -> Elsewhere:
    made, rows = learner
    here = frame[(frame.source + "/" + frame.domain) == name].iloc[0]
    some = frame.iloc[rows]
    if here.kin not in _MODELS:
        _MODELS[here.kin] = made.fit(np.flatnonzero(some.kin != here.kin), STRENGTH)
    kin = set(frame.source[frame.kin == here.kin]) | {here.kin}
    library = [
        cluster
        for cluster in library_of(load_scorer("general"))
        if cluster.domain_group != here.group and _source(cluster) not in kin
    ]
    return Elsewhere(_MODELS[here.kin], tuple(library))


def _source(cluster: Cluster) -> str:
    """The source's name in the tables, of a cluster of the shipped library."""
    named = {
        "Learning to Rewrite": "l2r", "BiScope": "biscope", "HPPT": "hppt", "Lastde": "lastde",
        "ImBD": "imbd", "SeqXGPT": "seqx", "Fast-DetectGPT": "fdg",
        "Fast-DetectGPT, open models": "fdg_oss", "Adversarial Paraphrasing": "advpara",
        "EQ-Bench creative writing": "eqbench-creative",
    }  # fmt: skip
    source = cluster.source
    return named.get(source, source)


def _task(frame: pd.DataFrame, name: str) -> Task:
    part = frame[(frame.source + "/" + frame.domain) == name].sample(frac=1, random_state=3)
    writer = (part.generator + ", " + part.kind).where(part.label == "machine", HUMAN)
    sizes = writer.value_counts()
    part, writer = part[writer.map(sizes) >= LEAST], writer[writer.map(sizes) >= LEAST]
    half = part.key.map(lambda key: zlib.crc32(str(key).encode()) % 2 == 0)
    names = sorted(set(writer) - {HUMAN})
    sides = [
        {one: list(part.norm[(writer == one) & side]) for one in (HUMAN, *names)}
        for side in (half, ~half)
    ]
    groups = {one: [str(k) for k in part.key[(writer == one) & half]] for one in (HUMAN, *names)}
    return Task(name, *sides, groups, names[::2][:WRITERS], names[1::2][:WRITERS])


def _measure(
    task: Task,
    size: int,
    own: Own,
    scorers: dict[str, Scores],
    told: list[dict[str, Any]],
    shares: list[dict[str, Any]],
) -> None:
    people = task.corpora[HUMAN][:MOST]
    for kind, writers in {"known": task.known, "unseen": task.unseen}.items():
        if not writers:
            continue
        machine = _spread([task.corpora[one] for one in writers], MOST)
        at = {"task": task.name, "size": size, "writers": kind}
        for name, scores in scorers.items():
            told.append(at | {"detector": name} | _told(scores(people), scores(machine)))
        for drawn in _corpora(people, machine, SHARES if size == MAIN else (0.3,)):
            shares += [at | found for found in _intervals(own, scorers, *drawn)]


def _once(scores: Scores) -> Scores:
    """`scores`, each text once."""
    known: dict[str, float] = {}

    def looked_up(texts: Sequence[str]) -> np.ndarray:
        new = list(dict.fromkeys(text for text in texts if text not in known))
        if new:
            known.update(zip(new, scores(new), strict=True))
        return np.array([known[text] for text in texts])

    return looked_up


def _own(task: Task, size: int) -> OwnTexts:
    each = _spread([list(range(len(task.references[one]))) for one in task.known], None)
    taken = [(w, i) for w, i in zip(_owners(task), each, strict=True)][:size]
    texts = task.references[HUMAN][:size] + [task.references[w][i] for w, i in taken]
    groups = task.groups[HUMAN][:size] + [task.groups[w][i] for w, i in taken]
    return OwnTexts(texts, [HUMAN] * size + [w for w, _ in taken], groups)


def _owners(task: Task) -> list[str]:
    return _spread([[one] * len(task.references[one]) for one in task.known], None)


def _spread(lists: Sequence[list[Any]], most: int | None) -> list[Any]:
    """One of each list in turn, until `most`."""
    longest = max(map(len, lists))
    return [one[i] for i in range(longest) for one in lists if i < len(one)][:most]


def _told(human: np.ndarray, machine: np.ndarray) -> dict[str, float]:
    caught = float(np.mean(machine > np.quantile(human, 0.95)))
    return {"auc": Cluster("", "", human, machine).auc, "caught": caught}


def _tfidf(own: OwnTexts) -> Scores:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=10, solver="liblinear", class_weight="balanced")
    fitted = make_pipeline(words, model).fit(own.texts, [w != HUMAN for w in own.writer])
    return lambda texts: np.asarray(fitted.decision_function(texts))


def _slop() -> dict[str, Scores]:
    """`is-it-slop`, where it runs: its wheels ask for glibc 2.38."""
    try:
        from is_it_slop import predict_batch
    except (ImportError, OSError) as missing:
        print(f"is-it-slop is left out: {missing}", file=sys.stderr)
        return {}
    scores = _once(lambda texts: np.array([one.ai_probability for one in predict_batch(texts)]))
    return {"is-it-slop": scores}


def _corpora(
    people: list[str], machine: list[str], shares: Sequence[float]
) -> Iterator[tuple[list[str], int]]:
    """As many documents as there are, up to 200, without replacement."""
    rng = np.random.default_rng(8)
    for share in shares:
        n = int(min(MOST, len(people) / (1 - share), len(machine) / max(share, 0.01)))
        made = round(n * share)
        texts = [people[i] for i in rng.permutation(len(people))[: n - made]]
        yield texts + [machine[i] for i in rng.permutation(len(machine))[:made]], made


def _intervals(
    own: Own, scorers: dict[str, Scores], texts: list[str], made: int
) -> Iterator[dict[str, Any]]:
    who = np.array(own.texts.writer)
    names = sorted(set(who) - {HUMAN})
    before = own.detector.before
    plain = Evidence(
        scores=scorers["general"](texts),
        human=before[who == HUMAN],
        machine={name: before[who == name] for name in names},
        library=own.general.clusters,
    )
    learned = Evidence(
        scores=scorers["adapted"](texts),
        human=own.detector.own_scores(),
        machine={name: own.detector.own_scores(name) for name in names},
        library=own.general.clusters,
        trained=library_of(own.detector),
        comparable=False,
        adapted=True,
    )
    people = [text for text, one in zip(own.texts.texts, who, strict=True) if one == HUMAN]
    fit = reference_fit(people, texts)
    hidden = 1.0 if fit is None else fit.hidden(0.95)
    truth, humans = made / len(texts), len(texts) - made
    for name, evidence in {"general": plain, "adapted": learned}.items():
        posterior = evidence.posterior(seed=1, draws=DRAWS)
        seen = anchored_share(evidence, posterior, level=0.95, seed=1, draws=DRAWS)
        share = posterior.opened(seen, hidden)
        p = p_values(evidence.scores, evidence.human)[:humans]
        yield {
            "detector": name,
            "share": truth,
            "point": share.point,
            "low": share.low,
            "high": share.high,
            "width": share.width,
            "if_seen": seen.width,
            "hard": without_hard(evidence) is not None,
            "posterior": posterior.cautious(0.95).width,
            "seen_low": seen.low,
            "seen_high": seen.high,
            "hidden": hidden,
            "chance_unseen": posterior.chance_unseen,
            "covered": share.low - 1e-9 <= truth <= share.high + 1e-9,
            "covered_if_seen": seen.low - 1e-9 <= truth <= seen.high + 1e-9,
            "people": humans,
            **{f"p{rate}": float(np.sum(p <= rate)) for rate in (0.05, 0.1, 0.25, 0.5)},
        }


def _allowing(shares: pd.DataFrame) -> str:
    """The intervals if they allowed for an unseen generator from other chances on than .03."""
    rows = []
    for detector, part in shares[shares["size"] == MAIN].groupby("detector"):
        for least in ALLOWED:
            opened = part.chance_unseen >= least
            high = part.seen_high.where(~opened, np.maximum(part.seen_high, part.hidden))
            held = (part.seen_low - 1e-9 <= part.share) & (part.share <= high + 1e-9)
            people = opened[part.share == 0]
            width = (high - part.seen_low).mean()
            allowed = f"{int(people.sum())} of {len(people)}"
            rows.append([detector, least, f"{held.mean():.3f}", f"{width:.3f}", allowed])
    columns = ["detector", ">from a chance of", ">held", ">width", ">of people alone, allowed for"]
    return markdown_table(columns, rows)


def _report(told: pd.DataFrame, shares: pd.DataFrame) -> str:
    by = ["size", "writers", "detector"]
    mean = told.groupby(by)[["auc", "caught"]].mean()
    lines = [_rows(mean, told.groupby(by).size(), "tasks")]
    wide = shares.groupby(by)[["covered", "width", "covered_if_seen", "if_seen"]].mean()
    lines += ["", _rows(wide, shares.groupby(by).size(), "corpora"), ""]
    main = shares[shares["size"] == MAIN]
    both = main.groupby("detector")[["covered", "width", "covered_if_seen", "if_seen"]].mean()
    lines += [markdown_table(["detector", *(f">{name}" for name in both.columns)],
                             [[n, *(f"{v:.3f}" for v in both.loc[n])] for n in both.index]),
              "", _allowing(shares), ""]  # fmt: skip
    tasks = told[told["size"] == MAIN].pivot_table("auc", "task", ["writers", "detector"])
    named = [f">{detector}, {writers}" for writers, detector in tasks.columns]
    lines.append(
        markdown_table(["task", *named], [[n, *(f"{v:.2f}" for v in r)] for n, r in
                                          zip(tasks.index, tasks.to_numpy(), strict=True)])
    )  # fmt: skip
    counted = shares.groupby("detector")[["people", "p0.05", "p0.1", "p0.25", "p0.5"]].sum()
    lines += ["", "Part of people's texts with a p-value of at most:", ""]
    part = counted.drop(columns="people").div(counted.people, axis=0)
    lines.append(
        markdown_table(["", ">.05", ">.1", ">.25", ">.5"], [[n, *(f"{v:.3f}" for v in r)] for n, r
                                          in zip(part.index, part.to_numpy(), strict=True)])
    )  # fmt: skip
    return "\n".join(lines)


def _rows(mean: pd.DataFrame, sizes: pd.Series[int], counted: str) -> str:
    columns = ["references a side", "writers", "detector", f">{counted}",
               *(f">{name}" for name in mean.columns)]  # fmt: skip
    rows = [[*at, sizes[at], *(f"{v:.3f}" for v in mean.loc[at])] for at in mean.index]
    return markdown_table(columns, rows)


if __name__ == "__main__":
    main()
