"""Whether compiled scores are those of the definition, text by text.

Compiled normalising and scoring are held to `tests/detect/literal_text.py` and `literal.py`, which
say the same in regular expressions and plain numpy, and measures of rhythm to `literal_rhythm.py`
but for rounding: on every development text (of the data folder,
where there is one) and on random Unicode strings, half of them drawn from all characters, half from
what the rules look for. Then every text is scored again in batches of 1, 7 and 1,000 and with one
thread and two. Prints how many texts differ, and ends with 1 if any does.

    python benchmarks/scoring_equality.py [--every 5] [--random 20000]

The definition takes some 10 milliseconds a text: half an hour of processor time for all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from _harness import DATA, benchmark_arguments, markdown_table, save_json
from wellhead.detect import NgramDetector, load_scorer
from wellhead.detect.bulk import column_of
from wellhead.detect.normalise import normalise_all
from wellhead.detect.rhythm import measures_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "detect"))
import literal
import literal_rhythm
import literal_text

DETECTORS = ("general", "general-fast", "general-zh")
COLUMNS = (
    "texts",
    ">number",
    ">normalised otherwise",
    ">measured otherwise",
    *(f">{name}" for name in DETECTORS),
)
AT_ONCE = 1000

Scores = NDArray[np.float64]


def main() -> None:
    """Compare, print, and say by the exit code whether all are equal."""
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so many of the texts")
    parser.add_argument("--random", type=int, default=100_000, help="how many random strings")
    given = parser.parse_args()
    texts = {name: real_texts(name)[:: given.every] for name in ("dev", "dev2")}
    texts["random"] = random_texts(given.random)
    detectors = [load_scorer(name) for name in DETECTORS]
    found: dict[str, dict[str, int]] = {}
    for name, some in texts.items():
        if some:
            found[name] = {"texts": len(some), **differing(some, detectors)}
            print(f"{name}: {found[name]}", file=sys.stderr)
    print(markdown_table(COLUMNS, ([name, *one.values()] for name, one in found.items())))
    every = [text for some in texts.values() for text in some]
    moved = {one.name: moving(every, one) for one in detectors}
    print(f"\nIn batches of 1, 7 and 1,000, and with 1 and 2 threads: other scores {moved}")
    save_json(given.json, {"differing": found, "moving": moved})
    sum_of_all = sum(sum(one.values()) - one["texts"] for one in found.values())
    sys.exit(1 if sum_of_all or sum(moved.values()) else 0)


def real_texts(name: str) -> list[str]:
    """The texts of a development table; none where it is absent."""
    path = DATA / "detection" / f"{name}.parquet"
    if not path.exists():
        return []
    found: list[str] = pq.read_table(path, columns=["text"])["text"].to_pylist()
    return found


def random_texts(number: int) -> list[str]:
    """Strings of up to 40 characters of any kind, lone surrogates among them; or of pieces."""
    random = Random(0)

    def drawn() -> str:
        if random.random() < 0.5:
            return "".join(random.choices(literal_text.PIECES, k=random.randint(0, 14)))
        top = random.choice((0x80, 0x250, 0x3100, 0x10000, 0x110000))
        return "".join(chr(random.randrange(top)) for _ in range(random.randint(0, 40)))

    return [drawn() for _ in range(number)]


def measured_otherwise(clean: Sequence[str]) -> int:
    """How many texts have measures of rhythm that differ by more than rounding."""
    plain = np.array([literal_rhythm.measures(text) for text in clean])
    close = np.isclose(measures_of(clean), plain, rtol=1e-5, atol=1e-6)
    return int(np.count_nonzero(~close.all(axis=1)))


def differing(texts: Sequence[str], detectors: Sequence[NgramDetector]) -> dict[str, int]:
    """How many texts are normalised otherwise than defined, and how many scored so by each."""
    count = dict.fromkeys(("normalised", "measured", *(one.name for one in detectors)), 0)
    for some in parts(texts, AT_ONCE):
        clean = [literal_text.normalise(text) for text in some]
        pairs = zip(clean, normalise_all(some), strict=True)
        count["normalised"] += sum(ours != plain for plain, ours in pairs)
        count["measured"] += measured_otherwise(clean)
        for one in detectors:
            plain = literal.scores(one.model, clean)
            count[one.name] += int(np.count_nonzero(one.score(some) != plain))
    return count


def moving(texts: Sequence[str], detector: NgramDetector) -> int:
    """How many scores any of the batches and numbers of threads moves."""
    column = column_of(texts)

    def by_threads(threads: int) -> Scores:
        return detector.score_column(column, threads=threads)

    def by_batch(size: int) -> Scores:
        return np.concatenate([detector.score(part) for part in parts(texts, size)])

    ways: list[Callable[[], Scores]] = [
        *(lambda size=size: by_batch(size) for size in (1, 7, 1000)),
        *(lambda threads=threads: by_threads(threads) for threads in (1, 2)),
    ]
    first = ways[0]()
    other = np.zeros(len(texts), bool)
    for way in ways[1:]:
        other |= way() != first
    return int(np.count_nonzero(other))


def parts(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Stretches of so many texts."""
    yield from (texts[a:b] for a, b in pairwise([*range(0, len(texts), size), len(texts)]))


if __name__ == "__main__":
    main()
