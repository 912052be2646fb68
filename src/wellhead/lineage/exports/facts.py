"""What only the publisher knows, and no store can: names, addresses, purposes."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from wellhead.errors import BadInput, BadSetting

__all__ = ["EuFacts", "Facts", "read_facts"]

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


class EuFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the EU's template asks of a provider, beyond what a lineage knows: the table ``[eu]``.

    Attributes:
        version, updated: of the summary itself.
        representative: authorised representative in the Union, with contact details.
        models, dependencies, placed: versioned names, the models they build on, day of placement
            on the Union market.
        tokens: how many the whole training data has.
        content: types of content, in words.
        continuous: whether training goes on with new data.
        crawlers, crawler_purpose, crawler_behaviour, domains: of data crawled by the provider.
        services: the provider's services that user data came from.
        signatory: whether the provider signed the Code of Practice.
        rights: measures to respect reservations of rights (text and data mining).
        illegal_content: measures to avoid or remove it.
        other: anything else on the processing.
    """

    version: str | None = None
    updated: str | None = None
    representative: str | None = None
    models: tuple[str, ...] = ()
    dependencies: str | None = None
    placed: str | None = None
    tokens: Annotated[int, msgspec.Meta(ge=0, le=1 << 62)] | None = None
    content: str | None = None
    continuous: bool | None = None
    crawlers: tuple[str, ...] = ()
    crawler_purpose: str | None = None
    crawler_behaviour: str | None = None
    domains: str | None = None
    services: str | None = None
    signatory: bool | None = None
    rights: str | None = None
    illegal_content: str | None = None
    other: str | None = None


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts of a publication.

    Attributes:
        publisher: legal name of who publishes.
        namespace: an address that the publisher controls.
        location: where the description will lie.
        country: where the texts come from.
        purpose, purpose_code: what they are for, in words and as a code of the OASIS standard.
        contact: how to reach the publisher.
        eu: of the model whose training the summary for the EU is about.
    """

    publisher: str | None = None
    namespace: str | None = None
    location: str | None = None
    country: str | None = None
    purpose: str | None = None
    purpose_code: Purpose = "other"
    contact: str | None = None
    eu: EuFacts = EuFacts()

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
        told = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(_written(told), type=Facts)
    except (
        RecursionError,
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        msgspec.ValidationError,
    ) as error:
        raise BadInput(
            f"{path}: expected TOML with facts such as publisher: {error}. Known: "
            f"{', '.join(Facts.__struct_fields__)}; in [eu]: "
            f"{', '.join(EuFacts.__struct_fields__)}."
        ) from error


def _written(told: dict[str, Any]) -> dict[str, Any]:
    """With days as they are written: TOML knows them without quotes."""
    return {
        name: _written(value)
        if isinstance(value, dict)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in told.items()
    }
