"""An audit on disk: what was drawn, and every label as it was given.

::

    audit/
      audit.json         how the draw was made
      drawn.parquet      id, text, probability, link: the documents, in the order of the draw
      given.sqlite       every label ever given, the latest of a rater and document counts
      labels.jsonl       for `wellhead assay --labels`; written when the page ends
      evidence.parquet   each rater as a method, for `wellhead joint`, where there are several
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from wellhead._atomic import atomic_path, write_text
from wellhead._parquet import read_parquet
from wellhead._stats import Interval
from wellhead.audit.draw import Way, draw
from wellhead.audit.labelling import Choice, Document, Labelling, Question
from wellhead.corpus import Corpus, open_corpus
from wellhead.corpus.side_table import read_side_table
from wellhead.errors import BadInput, BadSetting

__all__ = ["GROUND_TRUTH", "ORIGIN", "AuditFolder", "Design", "begin"]

GROUND_TRUTH = (
    "A label is worth what the rater could know. A draft with its history, a recording of the "
    "writing or the writer's own word is ground truth. Reading alone is not: people without "
    "training are near chance, while five people who use such models every day erred by majority "
    "on 1 of 300 articles (Russell, Karpinska & Iyyer 2025). Where nobody can know, “cannot tell” "
    "is the right answer."
)
ORIGIN = Question(
    "Did a machine write this?",
    (
        Choice("human", "A person", "1"),
        Choice("machine", "A machine", "2"),
        Choice("unsure", "Cannot tell", "3"),
    ),
    GROUND_TRUTH,
)


@dataclass(frozen=True, kw_only=True)
class Design:
    """How a draw was made.

    Attributes:
        corpus: what it was drawn from.
        size: distinct texts there.
        n, way, seed: as for `draw`.
    """

    corpus: str
    size: int
    n: int
    way: Way
    seed: int


class AuditFolder(Labelling):
    """An audit that was begun.

    Raises:
        BadInput: there is none in the folder.
    """

    question = ORIGIN

    def __init__(self, folder: str | Path) -> None:
        place = Path(folder)
        try:
            table = read_parquet(place / "drawn.parquet")
            design = json.loads((place / "audit.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{place}: no audit here. Begin one: wellhead audit CORPUS --n 50 --out {place}"
            ) from error
        super().__init__(place)
        self.design = Design(**design)
        self._documents = tuple(Document(**row) for row in table.to_pylist())
        self._known = {document.id for document in self._documents}

    @property
    def documents(self) -> tuple[Document, ...]:
        return self._documents

    def knows(self, id: str) -> bool:
        return id in self._known

    def order_for(self, rater: str) -> list[int]:
        """The places of the documents in the order in which a rater sees them."""
        letters = list(rater.encode())
        shuffled = np.random.default_rng([self.design.seed, *letters])
        return shuffled.permutation(len(self.documents)).tolist()  # type: ignore[no-any-return]


def begin(
    folder: str | Path,
    corpus: Any,
    *,
    n: int,
    way: Way = "random",
    assay: str | Path | None = None,
    group_by: str | None = None,
    link_column: str | None = None,
    text_column: str | None = None,
    seed: int = 0,
) -> AuditFolder:
    """Draw documents and begin an audit, or open the same one again.

    Args:
        folder: where it is kept.
        corpus: anything that an assay reads.
        n, way, seed: as for `draw`; each distinct text counts once.
        assay: folder of a saved assay, whose probabilities guide an active draw.
        group_by: column of the groups of a stratified draw.
        link_column: column with an address where raters find evidence on a document.

    Raises:
        BadSetting: another audit is in the folder, or what the way needs is missing.
        BadInput: a corpus or an assay that cannot be read.
    """
    opened = open_corpus(corpus, text_column=text_column)
    place = Path(folder)
    ids, groups = _distinct(opened, group_by)
    design = Design(corpus=opened.name, size=len(ids), n=n, way=way, seed=seed)
    if (place / "audit.json").exists():
        found = AuditFolder(place)
        if found.design != design:
            raise BadSetting(
                f"{place} holds another audit ({asdict(found.design)}); name a new folder, or go "
                f"on with it: wellhead audit --out {place}"
            )
        return found
    predictions, share = (None, None) if way != "active" else _predictions(assay, ids)
    drawn = draw(
        n, len(ids), way=way, predictions=predictions, share=share, groups=groups, seed=seed
    )
    chosen = {ids[row]: drawn.probability[i] for i, row in enumerate(drawn.rows)}
    rows = _documents(opened, chosen, link_column)
    place.mkdir(parents=True, exist_ok=True)
    with atomic_path(place / "drawn.parquet") as temporary:
        pq.write_table(pa.Table.from_pylist([row._asdict() for row in rows]), temporary)
    write_text(place / "audit.json", json.dumps(asdict(design), ensure_ascii=False) + "\n")
    return AuditFolder(place)


def _distinct(corpus: Corpus, group_by: str | None) -> tuple[list[str], np.ndarray | None]:
    """The id of the first document of each distinct text, and its group."""
    seen: set[int] = set()
    ids: list[str] = []
    groups: list[str] = []
    for batch in corpus.batches():
        names = None if group_by is None else _column(batch, group_by, corpus.name)
        texts = batch["text"].to_pylist()
        for place, (name, text) in enumerate(zip(batch["id"].to_pylist(), texts, strict=True)):
            if (mark := hash(text)) not in seen:
                seen.add(mark)
                ids.append(name)
                groups.append("" if names is None else str(names[place]))
    return ids, None if group_by is None else np.array(groups)


def _column(batch: pa.RecordBatch, name: str, corpus: str) -> list[Any]:
    if name not in batch.schema.names:
        raise BadInput(f"{corpus} has no column '{name}'; it has {', '.join(batch.schema.names)}")
    values: list[Any] = batch[name].to_pylist()
    return values


def _predictions(assay: str | Path | None, ids: list[str]) -> tuple[np.ndarray, Interval | None]:
    """The probability of machine by an assay, for each document; and what it says of the share."""
    if assay is None:
        raise BadSetting(
            "an active draw needs an assay of the same corpus: wellhead assay CORPUS --human FILE "
            "--out report/, then --assay report/"
        )
    table = read_side_table(str(Path(assay) / "documents.parquet"), "assay")
    if not {"id", "posterior"} <= set(table.column_names):
        raise BadInput(f"{assay}: expected documents.parquet with the columns id and posterior")
    known = dict(zip(table["id"].to_pylist(), table["posterior"].to_pylist(), strict=True))
    missing = sum(name not in known for name in ids)
    if missing:
        raise BadInput(f"{assay} is of another corpus: {missing:,} documents are not in it")
    # A document on which the assay is silent is as doubtful as can be.
    found = np.array([0.5 if known[name] is None else known[name] for name in ids])
    return found, _share(Path(assay) / "assay.json")


def _share(path: Path) -> Interval | None:
    """What an assay says of the share; None where it cannot say."""
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["share"]
        low, point, high = (told[name] for name in ("low", "point", "high"))
        return None if point is None else Interval(float(low), float(point), float(high))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInput(f"{path}: expected the JSON of an assay, got {error}") from error


def _documents(
    corpus: Corpus, chosen: Mapping[str, float], link_column: str | None
) -> list[Document]:
    found: dict[str, Document] = {}
    for batch in corpus.batches():
        links = None if link_column is None else _column(batch, link_column, corpus.name)
        for place, name in enumerate(batch["id"].to_pylist()):
            if name in chosen and name not in found:
                link = "" if links is None else _web_address(links[place])
                found[name] = Document(name, batch["text"][place].as_py(), chosen[name], link)
    return [found[name] for name in chosen]


def _web_address(value: Any) -> str:
    text = str(value or "")
    return text if text.startswith(("https://", "http://")) else ""
