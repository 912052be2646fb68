"""The detector of a saved result, kept beside it in the folder ``detector``.

A detector that was adapted to an assay, or trained by the user, is found by no name. Whoever goes
on from the result (a plan, an engine on another machine, a second corpus) needs that very one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from wellhead._atomic import atomic_path
from wellhead.detect.scorer import SCORERS, Scorer, load_scorer
from wellhead.errors import BadInput, WellheadError

__all__ = ["detector_beside", "detector_for", "keep_detector"]

_FOLDER = "detector"


def keep_detector(scorer: Scorer | Path | None, folder: Path) -> Path | None:
    """Save a detector in `folder`, unless it has a name or cannot be saved; where it lies then.

    Args:
        scorer: the detector, or where it lies.
        folder: of the result.

    Raises:
        WellheadError: it cannot be written.
    """
    place = folder / _FOLDER
    try:
        if isinstance(scorer, Path):
            _copy(scorer, place)
        elif scorer is None or scorer.name in SCORERS or not hasattr(scorer, "save"):
            return None
        else:
            scorer.save(place)
    except OSError as error:
        raise WellheadError(
            f"{place}: could not write the detector ({error.strerror or error}). Make room or "
            "choose another folder, then save again."
        ) from error
    return place


def _copy(place: Path, target: Path) -> None:
    """The files of a saved detector; its card comes last."""
    if place.resolve() == target.resolve():
        return
    files = (path for path in place.rglob("*") if path.is_file() and path.name[0] != ".")
    for path in sorted(files, key=lambda path: (path.name == "card.json", path)):
        with atomic_path(target / path.relative_to(place)) as temporary:
            shutil.copyfile(path, temporary)


def detector_beside(folder: Path, name: str) -> Path | None:
    """Where the detector `name` of the result in `folder` lies; None where the name finds it."""
    place = folder / _FOLDER
    return place if name not in SCORERS and (place / "card.json").is_file() else None


def detector_for(made_with: tuple[str, str], given: Scorer | str | Path | None) -> Scorer:
    """The detector that something was made with, by its name unless another place is given.

    Args:
        made_with: its name and revision.
        given: the detector, its name or its folder.

    Raises:
        BadInput: it is another detector or revision, or nowhere to be found.
        BadSetting: there is none of the name given.
    """
    name, revision = made_with
    if given is None and name not in SCORERS:
        raise BadInput(
            f"the detector '{name}' ({revision}) has no name here and does not lie beside what was "
            "made with it: name its folder (--detector); an assay saves it in its folder "
            "`detector`"
        )
    wanted = name if given is None else given
    scorer = wanted if isinstance(wanted, Scorer) else load_scorer(wanted)
    if (scorer.name, scorer.revision) != made_with:
        raise BadInput(
            f"this was made with the detector {name} {revision}, and here is {scorer.name} "
            f"{scorer.revision}: name the one that it was made with (--detector), install the same "
            "version of wellhead, or assay and plan again"
        )
    return scorer
