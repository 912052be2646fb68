"""Small families of text for the tests of lineage."""

from __future__ import annotations

import json
from pathlib import Path

from wellhead.lineage import About, Generator, Step, Store, add, derive, init


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def people(folder: Path, n: int = 20, name: str = "people") -> Path:
    rows = [{"id": f"{name}-{i}", "text": f"Person {i} wrote this in {name}."} for i in range(n)]
    return write_rows(folder / f"{name}.jsonl", rows)


def machine(folder: Path, name: str, *, n: int = 10, rooted: int = 4, of: str = "people") -> Path:
    rows = [
        {
            "id": f"{name}-{i}",
            "text": f"Model output {i} of {name}.",
            "root_id": f"{of}-{i}" if i < rooted else None,
        }
        for i in range(n)
    ]
    return write_rows(folder / f"{name}.jsonl", rows)


def three_generations(folder: Path, *, keep: bool | None = None) -> tuple[Store, list[str]]:
    """People, what a filter kept of them, and two generations of a model; the ids in order."""
    from wellhead.lineage import Reading

    folder.mkdir(exist_ok=True)
    store, reading = init(folder / "store"), Reading(keep=keep)
    ids = [add(store, [people(folder)], writers="people", reading=reading)]
    kept = [json.loads(line) for line in (folder / "people.jsonl").read_text().splitlines()][:12]
    filtered = write_rows(folder / "filtered.jsonl", kept)
    about = About(step=Step(name="filter"))
    ids.append(derive(store, [filtered], parents=ids[-1:], about=about, reading=reading))
    for number in (1, 2):
        about = About(generator=Generator(model="bigram", seed=number), step=Step(name="generate"))
        file = machine(folder, f"gen{number}")
        ids.append(derive(store, [file], parents=ids[-1:], about=about, reading=reading))
    return store, ids
