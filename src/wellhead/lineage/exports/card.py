"""The block of a Hugging Face dataset card: YAML for the hub, and words for readers."""

from __future__ import annotations

import json

from wellhead.lineage.exports.subject import Subject
from wellhead.lineage.manifest import Manifest
from wellhead.report.numbers import percent
from wellhead.report.untrusted import clean

__all__ = ["card"]

_SIZES = ((1000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))


def card(subject: Subject) -> str:
    """The top of a README.md; every string in the YAML is quoted as JSON, which YAML reads."""
    each = subject.manifest
    languages = sorted(
        {
            code
            for found in subject.ancestors.values()
            if found.origin
            for code in found.origin.languages
        }
    )
    synthetic = each.generation > 0
    tags = ["wellhead", "provenance", *(["synthetic"] if synthetic else [])]
    size = next((name for most, name in _SIZES if each.rows.total < most), "n>1M")
    sources = [f"original:{found.name}" for found in subject.originals().values()]
    fields = {
        "pretty_name": each.name,
        "license": "other",
        "license_name": ", ".join(subject.licences()) or "unknown",
        "language": languages,
        "tags": tags,
        "size_categories": [size],
        "source_datasets": sources,
        "annotations_creators": ["machine-generated" if synthetic else "no-annotation"],
        "language_creators": _creators(each),
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---", "", *_words(subject), ""])


def _creators(each: Manifest) -> list[str]:
    return {
        "people": ["crowdsourced"],
        "machines": ["machine-generated"],
        "mixed": ["crowdsourced", "machine-generated"],
    }.get(each.writers, ["found"])


def _words(subject: Subject) -> list[str]:
    each = subject.manifest
    rows = [
        f"| {cell(found.name)} | {found.generation} | {found.rows.total} | {found.rows.rooted} | "
        f"{_share(found)} | `{id}` |"
        for id, found in subject.ancestors.items()
    ]
    return [
        "## Where this text comes from",
        "",
        f"Generation {each.generation}: {each.rows.rooted} of {each.rows.total} rows descend from "
        "a text that a person wrote and that is named in `root_id`.",
        "",
        "| text | generation | rows | with a human root | human share, measured | manifest |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "Files, by SHA-256:",
        "",
        *(f"- `{file.sha256}` {cell(file.name)}" for file in each.files),
    ]


def _share(each: Manifest) -> str:
    share = each.human_share
    if share is None:
        return "not measured"
    return f"{percent(share.low)} to {percent(share.high)} ({cell(share.method)})"


def cell(words: str) -> str:
    """Words that cannot leave their cell."""
    plain = " ".join(clean(words).split())
    return "".join(f"\\{sign}" if sign in "|`*_<>[]\\" else sign for sign in plain)
