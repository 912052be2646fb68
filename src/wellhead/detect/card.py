"""A detector's card: what it was fitted on, and how wrong it was on texts that it had not seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from wellhead.detect.hashing import ALPHABETIC, SCRIPTS
from wellhead.detect.library import Cluster
from wellhead.detect.normalise import Normalisation, checked_rules
from wellhead.errors import BadInput

__all__ = ["FORMAT", "Card", "Elsewhere", "Measured", "Source", "Summary"]

FORMAT = 2
"""Version of the folder's layout and of the features; other versions are not read."""


@dataclass(frozen=True)
class Source:
    """Texts that a detector was fitted on.

    Attributes:
        name: the corpus or data set.
        licence: under which terms it is published, or None where it is the user's own.
        human: number of human texts used.
        machine: number of machine texts used.
        generators: who wrote the machine texts.
        domains: topics or genres.
        url: where it can be had.
    """

    name: str
    licence: str | None
    human: int
    machine: int
    generators: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True)
class Measured:
    """Errors on one kind of text that the measured model was not trained on.

    Attributes:
        left_out: what the model had not seen ("domain and generator", "texts", …).
        source: where the texts are from.
        domain: domain of human and machine texts.
        generator: who wrote the machine texts.
        human: number of human texts.
        machine: number of machine texts.
        auc: chance that a machine text scores above a human text.
        caught: share of machine texts caught at the threshold that flags 5 % of these very human
            texts. With a threshold taken elsewhere the false-positive rate is another one.
    """

    left_out: str
    source: str
    domain: str
    generator: str
    human: int
    machine: int
    auc: float
    caught: float

    @classmethod
    def of(cls, cluster: Cluster, left_out: str) -> Measured:
        """The errors on a cluster's texts, which no model that scored them had seen."""
        return cls(
            left_out=left_out,
            source=cluster.source,
            domain=cluster.domain,
            generator=cluster.generator,
            human=len(cluster.human),
            machine=len(cluster.machine),
            auc=round(cluster.auc, 4),
            caught=round(cluster.caught(), 4),
        )


@dataclass(frozen=True)
class Summary:
    """Mean errors over cells of left-out texts that have one thing in common.

    Attributes:
        by: what they have in common: "kind", "year", "length", "family" or "domain".
        value: which one.
        cells: over how many cells of source, domain and generator the means are.
        machine: number of machine texts.
        auc: mean chance that a machine text scores above a human text of its domain.
        caught: mean share of machine texts above the threshold that flags 5 % of these people.
    """

    by: str
    value: str
    cells: int
    machine: int
    auc: float
    caught: float


@dataclass(frozen=True)
class Elsewhere:
    """What a nominal 5 % of flagged people becomes with a threshold from all other domains.

    Attributes:
        source: where the texts are from.
        domain: theirs; scored by a model that had not seen it.
        human: number of human texts.
        flagged: share of them above the threshold that flags 5 % of the people of other domains.
    """

    source: str
    domain: str
    human: int
    flagged: float


@dataclass(frozen=True)
class Card:
    """Everything about a detector except its arrays.

    Attributes:
        name: what users call it.
        revision: hash of everything that decides a score.
        made_with: the version of wellhead that fitted it.
        seed: the seed of the fit.
        strength: inverse of the L2 penalty.
        normalisation: the repairs made to every text before features are taken.
        fitted_on: the texts it learned from.
        measured: its errors on texts left out.
        library: the names of each cluster in ``library.npz``.
        notes: what a reader must know, in plain sentences.
        languages: codes of the languages that it was fitted and measured on; none if unstated.
        summaries: its errors by kind of text, year, length, family of generators and domain.
        kind: of detector, which says what else lies in the folder.
        adapted_from: name and revision of the detector that was adapted, where one was.
        script: how the texts are written, which decides what a token is.
        elsewhere: how many people it flags where the threshold comes from other domains.
    """

    name: str
    revision: str
    made_with: str
    seed: int
    strength: float
    normalisation: Normalisation
    fitted_on: tuple[Source, ...]
    measured: tuple[Measured, ...]
    library: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    languages: tuple[str, ...] = field(default=())
    summaries: tuple[Summary, ...] = field(default=())
    kind: str = "ngram"
    adapted_from: tuple[str, str] | None = None
    script: str = ALPHABETIC
    elsewhere: tuple[Elsewhere, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """The card as JSON-safe values."""
        return {"kind": self.kind, "format": FORMAT, **asdict(self)}

    def to_json(self) -> str:
        """The card as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def load(cls, path: Path, *, kind: str = "ngram") -> Card:
        """Read the card of a detector of this kind.

        Raises:
            BadInput: no such file, not a card, or of another version.
        """
        again = "train or copy the detector anew"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"{path} cannot be read as a card ({error}); {again}") from error
        if not isinstance(raw, dict) or raw.get("kind") != kind:
            raise BadInput(f"{path}: expected the card of a detector of kind '{kind}'; {again}")
        if raw.get("format") != FORMAT:
            raise BadInput(
                f"{path}: expected format {FORMAT}, got {raw.get('format')!r}; "
                "it was made by another version of wellhead: train it anew, or use that version"
            )
        try:
            card = cls._from(raw)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                f"{path}: a part of the card is missing or odd ({error}); {again}"
            ) from (error)
        checked_rules(card.normalisation, path)
        return card

    @classmethod
    def _from(cls, raw: Mapping[str, Any]) -> Card:
        none = dict.fromkeys(("languages", "summaries", "elsewhere"), ())
        may_lack = {**none, "adapted_from": None, "script": ALPHABETIC}
        raw = {**may_lack, **raw}
        known = {one.name: raw[one.name] for one in fields(cls)}
        return cls(
            **known
            | {
                "script": SCRIPTS[SCRIPTS.index(raw["script"])],
                "normalisation": Normalisation(**{"rules": 1} | raw["normalisation"]),
                "fitted_on": tuple(Source(**_tuples(one)) for one in raw["fitted_on"]),
                "measured": tuple(Measured(**one) for one in raw["measured"]),
                "library": tuple(dict(one) for one in raw["library"]),
                "notes": tuple(raw["notes"]),
                "languages": tuple(raw["languages"]),
                "summaries": tuple(Summary(**one) for one in raw["summaries"]),
                "elsewhere": tuple(Elsewhere(**one) for one in raw["elsewhere"]),
                "adapted_from": _pair(raw["adapted_from"]),
            }
        )


def _pair(raw: Any) -> tuple[str, str] | None:
    if raw is None:
        return None
    name, revision = raw
    return str(name), str(revision)


def _tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
