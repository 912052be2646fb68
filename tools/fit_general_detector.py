"""Fit the detector that ships with the package, and measure it on domains and generators left out.

Run from the repository root: ``python tools/fit_general_detector.py [--table scores.parquet]``.
It writes ``src/wellhead/detect/models/general/`` (weights, card, cluster library) and, if asked, a
table with one row for each text and the model that scored it. The data are not part of the
project; `general_texts` says where they are looked for. Takes a few minutes on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import load_npz, save_npz

from general_texts import ROOT, data_folder, general_texts
from wellhead import __version__
from wellhead.detect import Card, Cluster, Library, Measured, NgramDetector, Source
from wellhead.detect.examples import Examples
from wellhead.detect.folds import Fold, Learner, leave_clusters_out
from wellhead.detect.normalise import STANDARD

SEED = 0
STRENGTH = 0.2
# Continuations by models without instruction tuning read like people; they teach little.
DISCOUNT = {"base": 0.25}
OUT = ROOT / "src" / "wellhead" / "detect" / "models" / "general"
LEAST_MACHINE, LEAST_HUMAN = 60, 100
MOST_IN_LIBRARY = 1500

SOURCES = {
    "detectrl": ("DetectRL", "none stated", "https://github.com/NLP2CT/DetectRL"),
    "l2r": ("Learning to Rewrite", "CC BY 3.0", "https://github.com/ranhli/l2r_data"),
    "fdg": ("Fast-DetectGPT", "MIT", "https://github.com/baoguangsheng/fast-detect-gpt"),
    "fdg_oss": (
        "Fast-DetectGPT, open models",
        "MIT",
        "https://github.com/baoguangsheng/fast-detect-gpt",
    ),
    "raidar": ("RAIDAR", "none stated", "https://github.com/cvlab-columbia/RaidarLLMDetect"),
    "argugpt": ("ArguGPT", "none stated", "https://github.com/huhailinguist/ArguGPT"),
    "seqx": ("SeqXGPT", "Apache-2.0", "https://github.com/Jihuai-wpy/SeqXGPT"),
}
NOTES = (
    "A score has no threshold of its own: the one that flags 5 % of people in one domain flagged "
    "0 to 28 % in others. Compare with known-human texts of the same kind (wellhead assay).",
    "Continuations by language models without instruction tuning score like people (AUC near "
    "0.5 when unseen), and so do light rewrites of human paragraphs.",
    "Almost all training texts are English prose of 2005 to 2024 from the sources below.",
    "Weights are sums over hashed n-grams that several domains share; no text can be read back.",
)


def main() -> None:
    arguments = _arguments()
    frame, learner = _learner(arguments.data / "detection" / "dev.parquet", arguments.cache)
    print(f"{len(frame):,} texts", flush=True)
    mixture = frame.group.to_numpy() == "mixed"
    folds = []
    for fold in leave_clusters_out(learner, strength=STRENGTH, apart=mixture):
        print(f"left out: {fold.domain} × {fold.family}", flush=True)
        folds.append(fold)
    if arguments.table:
        _table(frame, folds).to_parquet(arguments.table)
    cells = _cells(frame, folds)
    _print(cells)
    if not arguments.measure_only:
        _detector(frame, learner, cells).save(OUT)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the data")
    parser.add_argument("--table", type=Path, help="write leave-out scores to this Parquet file")
    parser.add_argument("--cache", type=Path, help="folder that keeps texts and counts")
    parser.add_argument("--measure-only", action="store_true", help="leave the package alone")
    return parser.parse_args()


def _learner(data: Path, cache: Path | None) -> tuple[pd.DataFrame, Learner]:
    """Texts and their counts, taken anew or from `cache`.

    Random stretches alone are learned from: the whole texts beside them measured the same at
    three times the work.
    """
    if cache is None or not (cache / "stretches.npz").exists():
        frame = general_texts(data)
        learner = Learner.of(_examples(frame), seed=SEED, discount=DISCOUNT)
        whole, stretches = learner.views
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            frame.to_parquet(cache / "texts.parquet")
            save_npz(cache / "whole.npz", whole, compressed=False)
            save_npz(cache / "stretches.npz", stretches, compressed=False)
    else:
        frame = pd.read_parquet(cache / "texts.parquet")
        whole, stretches = (load_npz(cache / f"{name}.npz") for name in ("whole", "stretches"))
    return frame, Learner(_examples(frame), whole, (stretches,), SEED, DISCOUNT)


def _examples(frame: pd.DataFrame) -> Examples:
    return Examples(
        list(frame.norm),
        generator=frame.generator.to_numpy(str),
        domain=frame.group.to_numpy(str),
        family=frame.family.to_numpy(str),
        group=frame.key.to_numpy(str),
    )


def _table(frame: pd.DataFrame, folds: list[Fold]) -> pd.DataFrame:
    columns = ["row", "label", "generator", "source", "domain", "kind", "pair"]
    parts = []
    for fold in folds:
        part = frame.iloc[fold.rows]
        parts.append(
            part[columns].assign(
                fold_domain=fold.domain,
                fold_generator=fold.family,
                score=fold.score,
                n_chars=part.norm.str.len(),
                sha=part.key,
            )
        )
    return pd.concat(parts, ignore_index=True)


def _cells(frame: pd.DataFrame, folds: list[Fold]) -> list[Cluster]:
    return [cluster for fold in folds for cluster in _clusters(frame, fold)]


def _clusters(frame: pd.DataFrame, fold: Fold) -> Iterator[Cluster]:
    """The (domain, generator) clusters of a fold; deliberate misspellings are no cluster."""
    scored = frame.iloc[fold.rows].assign(score=fold.score)
    scored = scored[~scored.kind.str.startswith("adversarial")]
    for (source, domain), part in scored.groupby(["source", "domain"]):
        human = part[part.label == "human"]
        for generator, machine in part[part.label == "machine"].groupby("generator"):
            if len(machine) < LEAST_MACHINE or len(human) < LEAST_HUMAN:
                continue
            sides = [side.iloc[:MOST_IN_LIBRARY] for side in (human, machine)]
            yield Cluster.of(
                (SOURCES[str(source)][0], str(domain), str(generator), fold.domain, fold.family),
                *(side.score.to_numpy() for side in sides),
                *(side.norm.str.len().to_numpy() for side in sides),
            )


def _measured(cluster: Cluster) -> Measured:
    return Measured(
        left_out="domain and generator",
        source=cluster.source,
        domain=cluster.domain,
        generator=cluster.generator,
        human=len(cluster.human),
        machine=len(cluster.machine),
        auc=round(cluster.auc, 4),
        caught=round(cluster.caught(), 4),
    )


def _detector(frame: pd.DataFrame, learner: Learner, cells: list[Cluster]) -> NgramDetector:
    card = Card(
        languages=("en",),
        name="general",
        revision="",
        made_with=__version__,
        seed=SEED,
        strength=STRENGTH,
        normalisation=STANDARD,
        fitted_on=tuple(_source(name, part) for name, part in frame.groupby("source")),
        measured=tuple(_measured(cluster) for cluster in cells),
        notes=NOTES,
    )
    model = learner.fit(np.arange(len(frame)), STRENGTH)
    return NgramDetector.of(card, model, Library(tuple(cells)))


def _source(name: str, part: pd.DataFrame) -> Source:
    title, licence, url = SOURCES[name]
    human = part.label == "human"
    return Source(
        name=title,
        licence=licence,
        human=int(human.sum()),
        machine=int((~human).sum()),
        generators=tuple(sorted(part.generator[~human].unique())),
        domains=tuple(sorted(part.domain.unique())),
        url=url,
    )


def _print(cells: list[Cluster]) -> None:
    rows = [_measured(cell) for cell in cells]
    table = pd.DataFrame([(*vars(row).values(),) for row in rows], columns=list(vars(rows[0])))
    print(table.drop(columns="left_out").to_string(index=False))
    print(table.groupby("source")[["auc", "caught"]].mean().round(3).to_string())
    print(table[["auc", "caught"]].mean().round(3).to_string())


if __name__ == "__main__":
    main()
