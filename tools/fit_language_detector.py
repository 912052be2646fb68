"""Fit a detector for each language but English that earns one, and measure it on sources left out.

Run from the repository root: ``python tools/fit_language_detector.py``. For each language and
source of ``detection/dev2.parquet`` a model that saw no text of the source scores its texts. A
language earns a detector where at least `LEAST_CELLS` cells of source and generator can be left out
in this way, from two sources or more, with a mean AUC of at least `LEAST_AUC`: a rule that stood
before any figure was seen. What earns one is written to ``models/general-<language>/`` of the
package, with the recipe of the English detector. A source under non-commercial terms is scored and
never learned from. The data are not part of the project (`general_texts`). Takes a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from fit_general_detector import (
    MODELS,
    PLAIN,
    SEED,
    SOURCES,
    STRENGTH,
    Part,
    source_of,
    summaries_of,
)
from general_texts import NOT_FITTED, data_folder, general_texts
from wellhead import __version__
from wellhead.detect import Card, Cluster, Measured, NgramDetector
from wellhead.detect.card import Elsewhere
from wellhead.detect.examples import Examples
from wellhead.detect.folds import Learner
from wellhead.detect.hashing import script_of
from wellhead.detect.normalise import STANDARD

__all__ = ["LANGUAGES", "Left", "earns", "language_learner", "left_out"]

LANGUAGES = ("zh", "es", "de", "fr")
LEAST_CELLS, LEAST_SOURCES, LEAST_AUC = 3, 2, 0.80
EVALUATED = {"grok3-polish-zh": "DetectAnyLLM, polished news (evaluated, not fitted)"}
NOTES = (
    "A score has no threshold of its own. Compare with known-human texts of the same kind "
    "(wellhead assay).",
    "It learned what GPT-3.5 makes of people's texts when it polishes them, from two sources, and "
    "was measured on polished texts alone, a third source and grok-3 among them. How it does on "
    "texts that a model wrote from a title, and on other models, is not known.",
    "It does not see about half of the texts that grok-3 polished and two thirds of those that "
    "GPT-3.5 did, at a threshold that flags 5 % of people of the same kind. Texts in Chinese and "
    "another language at once, people who write Chinese as a second language, and other kinds of "
    "machine text (written, paraphrased, humanised) were not measured.",
    "Signs are read in one width: abstracts by people with half-width commas would otherwise be "
    "told from machine texts by the program that saved them.",
    "Weights are sums over hashed runs of characters that several texts share; no text can be "
    "read back.",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the data")
    parser.add_argument("--measure-only", action="store_true", help="leave the package alone")
    arguments = parser.parse_args()
    for language in LANGUAGES:
        frame, learner = language_learner(arguments.data, language)
        cells = list(left_out(frame, learner))
        for cell in cells:
            print(f"{language} {cell.source:18} {cell.generator:14} {cell.cluster.auc:.3f}")
        earned = earns(cells)
        print(f"{language}: {'earns a detector' if earned else 'no detector'}")
        if earned and not arguments.measure_only:
            detector = _detector(language, frame, learner, cells)
            detector.save(MODELS / detector.name)


def language_learner(
    data: Path, language: str, *, script: str | None = None
) -> tuple[pd.DataFrame, Learner]:
    """The texts of a language with their counts; random stretches are learned from."""
    frame = general_texts(data, (language,), not_fitted=True)
    examples = Examples(
        list(frame.norm),
        generator=frame.generator.to_numpy(str),
        domain=frame.source.to_numpy(str),
        family=frame.maker.to_numpy(str),
        group=frame.key.to_numpy(str),
        script=script or script_of(list(frame.norm)),
    )
    made = Learner.of(examples, seed=SEED)
    return frame, Learner(examples, made.whole, made.views[1:], SEED, {}, PLAIN)


class Left(NamedTuple):
    """The scores of one source and generator by a model that saw no text of the source."""

    source: str
    generator: str
    new_generator: bool
    cluster: Cluster
    part: Part


def left_out(frame: pd.DataFrame, learner: Learner) -> Iterator[Left]:
    """The cells of a language; none where it has one source to learn from."""
    for source in frame.source.unique():
        train = np.flatnonzero((frame.source != source) & ~frame.source.isin(NOT_FITTED))
        if not train.size:
            continue
        rows = np.flatnonzero(frame.source == source)
        score = learner.score(learner.fit(train, STRENGTH), rows)
        part, length = frame.iloc[rows].assign(score=score), learner.examples.lengths[rows]
        human = (part.label == "human").to_numpy()
        for generator in part.generator[~human].unique():
            machine = (part.generator == generator).to_numpy()
            domain = str(part.domain.iloc[0])
            names = (_title(source), domain, str(generator), domain, "")
            sides = (score[human], score[machine], length[human], length[machine])
            new = generator not in set(frame.generator.iloc[train])
            cell = Part(names, part[human], part[machine])
            yield Left(str(source), str(generator), new, Cluster.of(names, *sides), cell)


def earns(cells: list[Left]) -> bool:
    """Whether what was left out is seen well enough; see the first lines of this file."""
    several = len(cells) >= LEAST_CELLS and len({cell.source for cell in cells}) >= LEAST_SOURCES
    return several and float(np.mean([cell.cluster.auc for cell in cells])) >= LEAST_AUC


def elsewhere(cells: list[Left]) -> tuple[Elsewhere, ...]:
    """Of each source's people, how many the threshold of the other sources' people flags."""
    people = {cell.source: cell.part.human.score for cell in cells}
    found = []
    for cell in {cell.source: cell for cell in cells}.values():
        others = np.concatenate([people[one] for one in people if one != cell.source])
        flagged = float((people[cell.source] > np.quantile(others, 0.95)).mean())
        title, domain, *_ = cell.part.names
        found.append(Elsewhere(title, domain, len(people[cell.source]), round(flagged, 4)))
    return tuple(found)


def _title(source: str) -> str:
    return EVALUATED[source] if source in EVALUATED else SOURCES[source][0]


def _detector(
    language: str, frame: pd.DataFrame, learner: Learner, cells: list[Left]
) -> NgramDetector:
    """It brings no library: three cells are too few to say what another generator looks like."""
    fitted = ~frame.source.isin(NOT_FITTED)
    card = Card(
        name=f"general-{language}",
        revision="",
        made_with=__version__,
        seed=SEED,
        strength=STRENGTH,
        normalisation=STANDARD,
        fitted_on=tuple(source_of(str(s), part) for s, part in frame[fitted].groupby("source")),
        measured=tuple(map(_measured, cells)),
        notes=NOTES,
        summaries=summaries_of([cell.part for cell in cells]),
        elsewhere=elsewhere(cells),
        languages=(language,),
    )
    return NgramDetector.of(card, learner.fit(np.flatnonzero(fitted), STRENGTH).rounded())


def _measured(cell: Left) -> Measured:
    return Measured.of(cell.cluster, "source and generator" if cell.new_generator else "source")


if __name__ == "__main__":
    main()
