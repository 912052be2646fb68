"""What only the publisher knows, and no store can: names, addresses, purposes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

from wellhead.errors import BadInput, BadSetting

__all__ = ["Facts", "read_facts"]

Purpose = Literal[
    "alignment",
    "evaluation",
    "other",
    "pre-training",
    "production",
    "quality-assurance",
    "research",
    "staging-testing",
    "synthetic-data-generation",
]


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts of a publication.

    Attributes:
        publisher: legal name of who publishes.
        namespace: an address that the publisher controls.
        location: where the description will lie.
        country: where the texts come from.
        purpose, purpose_code: what they are for, in words and as a code of the OASIS standard.
        contact: how to reach the publisher.
        model, model_version, model_date: of the model whose training is summarised (EU).
        representative: the provider's authorised representative in the Union (EU).
        tokens: training tokens by text, where known (EU).
        processing: measures against illegal content and for opt-outs, in words (EU).
    """

    publisher: str | None = None
    namespace: str | None = None
    location: str | None = None
    country: str | None = None
    purpose: str | None = None
    purpose_code: Purpose = "other"
    contact: str | None = None
    model: str | None = None
    model_version: str | None = None
    model_date: str | None = None
    representative: str | None = None
    tokens: int | None = None
    processing: str | None = None

    def require(self, *names: str, format: str) -> None:
        """Raise where a fact that a format cannot do without is missing."""
        if missing := [name for name in names if not getattr(self, name)]:
            raise BadSetting(
                f"{format} cannot do without {', '.join(missing)}: write them into a TOML file, as "
                f'in {missing[0]} = "…", and give it with --facts.'
            )


def read_facts(path: Path) -> Facts:
    """The facts in a TOML file.

    Raises:
        BadInput: it is no TOML, or names something else.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), type=Facts)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInput(
            f"{path}: expected TOML with facts such as publisher: {error}. Known: "
            f"{', '.join(Facts.__struct_fields__)}."
        ) from error
