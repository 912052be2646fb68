"""Which text came from which, from people's sentences to generation n, and the proof of it.

Each name is imported when it is first used: who wants a hash or a signature alone, as a gateway
that starts, does not wait for what reads files of text.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "manifest": ("File", "Generator", "HumanShare", "Manifest", "Origin", "Rows", "Step"),
    "recording": ("About", "Reading", "add", "derive"),
    "store": ("Store", "init"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            module = importlib.import_module(f"{__name__}.{home}")
            return globals().setdefault(name, getattr(module, name))
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
