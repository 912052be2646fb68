"""Which text came from which, from people's sentences to generation n, and the proof of it."""

from __future__ import annotations

from wellhead.lineage.manifest import File, Generator, HumanShare, Manifest, Origin, Rows, Step
from wellhead.lineage.recording import About, Reading, add, derive
from wellhead.lineage.store import Store, init

__all__ = [
    "About",
    "File",
    "Generator",
    "HumanShare",
    "Manifest",
    "Origin",
    "Reading",
    "Rows",
    "Step",
    "Store",
    "add",
    "derive",
    "init",
]
