"""Which text came from which, from people's sentences to generation n, and the proof of it.

Each name is imported when it is first used: who wants a hash or a signature alone, as a gateway
that starts, does not wait for what reads files of text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wellhead._lazy import lazy_names

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

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "manifest": ("File", "Generator", "HumanShare", "Manifest", "Origin", "Rows", "Step"),
        "recording": ("About", "Reading", "add", "derive"),
        "store": ("Store", "init"),
    },
)
