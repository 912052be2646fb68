"""How fast texts are scored: the shipped detector beside what the field uses, in one run.

Texts of the development tables (`WELLHEAD_DATA`), drawn with a seed. Every row does the whole way
from Python strings to one number a text, except where its name says less. Weights of the peers are
random or hardly trained: they decide no speed. fastText runs where it is installed
(``pip install fasttext-wheel``), `is-it-slop` where it is (it needs glibc 2.38).

Rates are megabytes of UTF-8 per second of processor time with one thread, and per second of wall
time with two; medians over interleaved repeats, so that a busy machine slows all rows alike. A
second table has the processor time of all threads of `wellhead.score` from two zstd Parquet files
to their sidecars, against that of scoring the same column alone.

Run: ``python benchmarks/scoring_speed.py [--texts 3000] [--repeats 3]``.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.feature_extraction.text import HashingVectorizer

from _harness import benchmark_arguments, markdown_table, needed, save_json
from wellhead.detect import load_scorer
from wellhead.detect.bulk import column_of
from wellhead.detect.normalise import normalise_all
from wellhead.detect.scoring import score

Job = Callable[[Sequence[str]], object]
COLUMNS = 1 << 20


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--texts", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    texts = _texts(arguments.texts)
    size = sum(len(text.encode("utf-8", "ignore")) for text in texts) / 1e6
    jobs = _jobs(texts)
    for job in jobs.values():
        job(texts[:50])  # compiled, loaded and warm
    one: dict[str, list[float]] = {name: [] for name in jobs}
    two: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(arguments.repeats):
        for name, job in jobs.items():
            one[name].append(size / _processor_seconds(job, texts))
            two[name].append(size / _wall_seconds_of_two(job, texts))
    rows = [(name, median(one[name]), median(two[name])) for name in jobs]
    print(f"{len(texts):,} texts, {size:.1f} MB\n")
    heads = ("scorer", ">MB/s, one thread (processor time)", ">MB/s, two threads (wall time)")
    print(markdown_table(heads, [(name, f"{a:,.2f}", f"{b:,.2f}") for name, a, b in rows]))
    files = [_from_files(name, texts, arguments.repeats) for name in ("general", "general-fast")]
    heads = ("detector", ">scoring alone, s", ">files to sidecars, s", ">ratio")
    shown = [(name, f"{a:.2f}", f"{b:.2f}", f"{b / a:.2f}") for name, a, b in files]
    print(f"\n{markdown_table(heads, shown)}")
    names = ("scorer", "one", "two")
    record = {"rates": [dict(zip(names, row, strict=True)) for row in rows], "files": files}
    save_json(arguments.json, record)


def _from_files(name: str, texts: Sequence[str], repeats: int) -> tuple[str, float, float]:
    """Processor seconds, of all threads: of scoring a column, and of the whole way of files."""
    detector, column = load_scorer(name), column_of(texts)
    alone, whole = [], []
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        middle = len(texts) // 2
        for at, part in enumerate((texts[:middle], texts[middle:])):
            (corpus / f"{at}.parquet").write_bytes(_stored(part))
        for repeat in range(repeats):
            start = time.process_time()
            detector.score_column(column)
            between = time.process_time()
            score(corpus, detector=name, out=Path(folder) / f"scores {repeat}")
            alone.append(between - start)
            whole.append(time.process_time() - between)
    return name, median(alone), median(whole)


def _texts(number: int) -> list[str]:
    tables = [
        pq.read_table(needed("detection", f"{name}.parquet"), columns=["text"])
        for name in ("dev", "dev2")
    ]
    whole = pa.concat_tables(tables)
    drawn = np.random.default_rng(0).choice(whole.num_rows, number, replace=False)
    texts: list[str] = whole["text"].take(pa.array(np.sort(drawn))).to_pylist()
    return texts


def _jobs(texts: Sequence[str]) -> dict[str, Job]:
    general = load_scorer("general")
    clean = dict(zip(texts, normalise_all(texts), strict=True))
    jobs: dict[str, Job] = {
        "wellhead, detector `general`": lambda some: general.score_column(
            column_of(some), threads=1
        ),
        "wellhead, detector `general-fast`": lambda some: load_scorer("general-fast").score_column(
            column_of(some), threads=1
        ),
        "… normalising alone": normalise_all,
        "… n-grams and weights alone": lambda some: general.model.score([clean[t] for t in some]),
        "scikit-learn: hashed words 1–3, linear": _hashed(analyzer="word", ngram_range=(1, 3)),
        "scikit-learn: hashed characters 3–5, linear": _hashed(
            analyzer="char_wb", ngram_range=(3, 5)
        ),
    }
    if find_spec("fasttext"):
        jobs["fastText: words 1–2"] = _fasttext(texts)
    if find_spec("is_it_slop"):
        from is_it_slop import is_this_slop_batch

        jobs["is-it-slop"] = is_this_slop_batch
    stored = {len(some): _stored(some) for some in (texts, texts[: len(texts) // 2], texts[:50])}
    stored[len(texts) - len(texts) // 2] = _stored(texts[len(texts) // 2 :])
    jobs["reading zstd Parquet alone"] = lambda some: pq.read_table(
        io.BytesIO(stored[len(some)]), use_threads=False
    )
    data = {length: np.frombuffer(parquet_text(blob), np.uint8) for length, blob in stored.items()}
    jobs["looking at every byte"] = lambda some: data[len(some)].max()
    return jobs


def _hashed(**options: object) -> Job:
    vectorizer = HashingVectorizer(n_features=COLUMNS, alternate_sign=False, **options)
    weight = np.random.default_rng(1).normal(size=COLUMNS)
    return lambda some: vectorizer.transform(some) @ weight


def _fasttext(texts: Sequence[str]) -> Job:
    import fasttext

    lines = [" ".join(text.split()) for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        labelled = [f"__label__{at % 2} {line}\n" for at, line in enumerate(lines[:1000])]
        path.write_text("".join(labelled), "utf-8", "ignore")
        model = fasttext.train_supervised(
            str(path), wordNgrams=2, dim=16, epoch=1, thread=1, bucket=COLUMNS, verbose=0
        )
    return lambda some: model.predict([" ".join(text.split()) for text in some])


def _stored(texts: Sequence[str]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"text": pa.array(texts, pa.large_string())}), sink, compression="zstd")
    return sink.getvalue()


def parquet_text(blob: bytes) -> bytes:
    """All text of a stored column, one after another."""
    column = pq.read_table(io.BytesIO(blob))["text"].combine_chunks()
    return bytes(column.buffers()[2])


def _processor_seconds(job: Job, texts: Sequence[str]) -> float:
    """Of all threads: `is-it-slop` starts some of its own."""
    start = time.process_time()
    job(texts)
    return time.process_time() - start


def _wall_seconds_of_two(job: Job, texts: Sequence[str]) -> float:
    middle = len(texts) // 2
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(job, (texts[:middle], texts[middle:])))
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
