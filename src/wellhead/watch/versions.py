"""The complete state of every version that ever answered, by its hash, so that it can come back.

At its start a gateway keeps what shapes the answers of each version (endpoint, model, prompt,
settings, and the generation in the lineage store that the model is) in a file named by the hash of
just that. A rollback takes a name of today or such a hash; what is read back must have the hash
that it is called by, and a generation that it names must lie, unaltered, in the lineage store.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wellhead._atomic import write_text
from wellhead.errors import BadInput, BadSetting
from wellhead.lineage.canonical import canonical, digest
from wellhead.watch.settings import Settings, Version

__all__ = ["keep_versions", "restored"]


def _folder(settings: Settings) -> Path:
    return settings.folder / "versions"


def keep_versions(settings: Settings) -> None:
    """Keep the state of each version of today."""
    for version in settings.versions:
        path = _folder(settings) / f"{version.hash}.json"
        if not path.exists():
            facts = {"name": version.name, "key_env": version.key_env, "state": version.state}
            write_text(path, json.dumps(facts, ensure_ascii=False, indent=1) + "\n")


def restored(settings: Settings, name: str) -> Version:
    """The version that a name of today, or the first digits of a hash, means.

    Raises:
        BadSetting: none or several are meant.
        BadInput: what was kept is not what its name says, or its generation is not in the store.
    """
    for version in settings.versions:
        if name in (version.name, version.hash):
            _in_lineage(settings, version)
            return version
    found = sorted(_folder(settings).glob("*.json"))
    meant = [path for path in found if len(name) >= 6 and path.name.startswith(name)]
    if len(meant) != 1:
        known = ", ".join(version.name for version in settings.versions)
        raise BadSetting(
            f"expected a version of today ({known}) or the first digits (6 or more) of the hash of "
            f"one that answered before, got '{name}', which {'several' if meant else 'none'} has."
        )
    version = _read(meant[0])
    _in_lineage(settings, version)
    return version


def _read(path: Path) -> Version:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        state: dict[str, Any] = facts["state"]
        if digest(canonical(state)) != path.stem:
            raise ValueError("it was altered: its bytes have another hash")
        version = Version(name=str(facts["name"]), key_env=str(facts["key_env"]), **state)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: expected the state of a version: {error}. Put back a copy.") from (
            error
        )
    return version


def _in_lineage(settings: Settings, version: Version) -> None:
    """The generation that a version names lies in the store, its hash checked."""
    if not version.generation:
        return
    if settings.lineage is None:
        raise BadSetting(f"version {version.name} names a generation: expected lineage = STORE.")
    from wellhead.lineage import Store

    Store(settings.lineage).read(version.generation)
