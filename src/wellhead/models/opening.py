"""From a model that was found to an engine that runs it; what is heavy is imported here."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from wellhead.errors import MissingExtra
from wellhead.models.engine import Engine
from wellhead.models.resolve import Found
from wellhead.models.scripted import ScriptedEngine, echo, read_script

__all__ = ["open_engine"]


def open_engine(found: Found) -> Engine:
    """The engine of a model, loaded and ready.

    Raises:
        MissingExtra: what reads such models is not installed.
        BadInput: the files are not what they should be.
    """
    open_one = {
        "scripted": _scripted,
        "gguf": _gguf,
        "checkpoint": _checkpoint,
        "remote": _remote,
    }[found.kind]
    return open_one(found)


def _scripted(found: Found) -> Engine:
    script = echo if found.path == "echo" else read_script(Path(found.path))
    return ScriptedEngine(found.name, script)


def _gguf(found: Found) -> Engine:
    if find_spec("xllamacpp") is None:
        raise MissingExtra(f"running {found.name}", "chat")
    from wellhead.models.gguf import GgufEngine

    return GgufEngine(found)


def _checkpoint(found: Found) -> Engine:
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise MissingExtra(f"running {found.name}", "lm")
    from wellhead.models.checkpoint import CheckpointEngine

    return CheckpointEngine(found)


def _remote(found: Found) -> Engine:
    if find_spec("openai") is None:
        raise MissingExtra(f"talking to {found.name}", "chat")
    from wellhead.models.remote import RemoteEngine

    return RemoteEngine(found)
