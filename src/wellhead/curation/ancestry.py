"""A curated corpus, written into a lineage store: made from which one, by which policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wellhead.corpus import Corpus, open_corpus
from wellhead.errors import BadInput, BadSetting
from wellhead.lineage import About, HumanShare, Reading, Step, Store, derive
from wellhead.lineage.canonical import digest
from wellhead.lineage.reserve import file_at_hand

__all__ = ["record_curation"]


def record_curation(store: Store, folder: Path, *, parent: str) -> str:
    """Write what ``wellhead curate --apply`` kept into `store`; the id.

    The human share is that of the plan: by weight, where texts have weights.

    Args:
        store: where to.
        folder: of the curation.
        parent: the manifest of the corpus that was curated.

    Raises:
        BadInput: the folder holds no curated corpus, or texts that the parent has not.
    """
    data, plan = _plan(folder)
    try:
        policy, dial, version = str(plan["policy"]), plan["dial"], str(plan["version"])
        machine = plan["chosen"]["machine"]
        low, point, high = (round(1 - float(machine[end]), 9) for end in ("high", "point", "low"))
        level = float(machine["level"])
        said = policy if dial is None else f"{policy} {float(dial):g}"
        if not (0 <= low <= point <= high <= 1 and 0 < level < 1):
            raise ValueError(f"a human share of {point:g}, {low:g} to {high:g}")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadInput(
            f"{folder / 'plan.json'}: expected the plan of a curation: {error}"
        ) from None
    share = HumanShare(
        low=low,
        high=high,
        point=point,
        level=level,
        method="wellhead curate",
        evidence=digest(data),
    )
    step = Step(name=f"curate: {said}", version=version)
    about = About(name=folder.resolve().name, human_share=share, step=step)
    _require_texts(store, store.find(parent), folder / "corpus")
    reading = Reading(attach=(folder / "plan.json",))
    return derive(store, [folder / "corpus"], parents=[parent], about=about, reading=reading)


def _require_texts(store: Store, parent: str, kept: Path) -> None:
    """Raise where a kept text is none of the parent's, as far as the parent's texts are at hand.

    Ids alone would not tell one corpus from another whose rows are numbered alike.
    """
    known: set[str] = set()
    try:
        corpus = open_corpus(kept)
        for file in store.read(parent).files:
            if file.rows is not None:
                with file_at_hand(store, file) as path:
                    known |= _hashes(open_corpus(path, text_column=corpus.text_column))
    except (BadInput, BadSetting):
        return
    if strange := len(_hashes(corpus) - known):
        raise BadInput(
            f"{kept}: {strange:,} texts are none of the parent's: expected what was kept of "
            f"{store.read(parent).name}. Name the corpus that was curated with --parent."
        )


def _hashes(corpus: Corpus) -> set[str]:
    return {
        text for batch in corpus.batches(marks=True) for text in batch.column("sha256").to_pylist()
    }


def _plan(folder: Path) -> tuple[bytes, dict[str, Any]]:
    path = folder / "plan.json"
    try:
        data = path.read_bytes()
        plan = json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{path}: expected the plan of `wellhead curate --apply --out {folder}`: {error}"
        ) from None
    if not isinstance(plan, dict) or not (folder / "corpus").is_dir():
        raise BadInput(f"{folder}: expected a curated corpus, written with --apply")
    return data, plan
