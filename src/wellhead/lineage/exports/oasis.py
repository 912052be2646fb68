"""OASIS Data Provenance Metadata 1.0, and a check that asks more than its schema does."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from wellhead._version import __version__
from wellhead.lineage.exports.subject import Subject, media_type, urn
from wellhead.lineage.manifest import Manifest

__all__ = ["oasis", "wrong_in_oasis"]

_SCHEMA = "https://docs.oasis-open.org/dps/prov-meta/v1.0/schema/data-provenance.json"
_METHODS = {
    "collected": "primary-user-source",
    "crawled": "web-scraping-crawling",
    "user": "user-generated-content",
    "synthetic": "machine-generated-ml-ops",
}
_FORMATS = {"text/csv", "text/plain", "application/json", "application/zip"}


def oasis(subject: Subject) -> dict[str, Any]:
    """The metadata of a manifest.

    Raises:
        BadSetting: a fact that the standard requires is not known.
    """
    facts, each = subject.facts, subject.manifest
    facts.require(
        *("publisher", "namespace", "location", "country", "purpose"), format="the OASIS standard"
    )
    return {
        "$schema": _SCHEMA,
        "set": _set(subject),
        "source": {
            "about": {"content": subject.description, "purpose": facts.purpose},
            "id": {
                "uuids": [subject.uuid],
                "hashes": [
                    {
                        "file-hashes": [{"algorithm": "sha256", "value": file.sha256}],
                        "path": file.name,
                    }
                    for file in each.files
                ],
                "custom-ids": [{"method": "wellhead-lineage-manifest", "value": subject.id}],
            },
            "issuer": [{"legal-name": facts.publisher, "url": facts.namespace}],
            "location": facts.location,
            "name": each.name,
            "data-version": "1",
        },
        "provenance": _provenance(subject.id, subject),
        "use": {
            "intended-purpose": [{"code": facts.purpose_code, "long-description": facts.purpose}],
            **({"license": subject.licences()} if subject.licences() else {}),
        },
    }


def _set(subject: Subject) -> dict[str, Any]:
    facts, created = subject.facts, subject.manifest.created
    publisher = {"name": facts.publisher, "namespace": facts.namespace}
    if facts.contact:
        publisher["contact-details"] = facts.contact
    return {
        "category": "training-data",
        "schema-version": "1.0",
        "publisher": publisher,
        "label": subject.manifest.name,
        "tracking": {
            "current-release-date": created,
            "generator": {"engine": {"name": "wellhead", "version": __version__}},
            "id": subject.id,
            "initial-release-date": created,
            "revision-history": [{"date": created, "number": "1", "summary": "First version."}],
            "status": "final",
            "version": "1",
        },
    }


def _provenance(id: str, subject: Subject, depth: int = 0) -> dict[str, Any]:
    """One step of provenance; the first parent's lies inside, others are named in words."""
    each = subject.ancestors[id]
    found: dict[str, Any] = {
        "origin-geography": [{"country": subject.facts.country}],
        "date": each.created[:10],
        "generation-method": [_method(id, each)],
        "format": sorted(
            {kind if (kind := media_type(file)) in _FORMATS else "other" for file in each.files}
        ),
    }
    if each.origin and each.origin.collected_from:
        found["generation-period"] = {
            "start": f"{each.origin.collected_from}T00:00:00Z",
            "end": f"{each.origin.collected_to or each.origin.collected_from}T23:59:59Z",
        }
    if each.parents:
        found["source"] = urn(each.parents[0])
        if depth < 100:
            found["sub-provenance"] = _provenance(each.parents[0], subject, depth + 1)
    return found


def _method(id: str, each: Manifest) -> dict[str, str]:
    if each.generator:
        code, words = "machine-generated-ml-ops", f"Written by {each.generator.model}."
    elif each.parents:
        code, words = "other", f"Step: {each.step.name if each.step else 'derived'}."
    else:
        kind = each.origin.kind if each.origin else "unknown"
        code, words = _METHODS.get(kind, "other"), f"Original, {kind}."
    parents = f" Made from {', '.join(each.parents)}." if each.parents else ""
    rooted = f" {each.rows.rooted} of {each.rows.total} rows have a human root."
    return {"code": code, "long-description": f"Manifest {id}. {words}{parents}{rooted}"}


def wrong_in_oasis(found: Any) -> list[str]:
    """What the standard's own schema lets pass: missing fields, empty words, impossible dates."""
    wrong = [
        f"{path}: missing"
        for path in (
            *("$schema", "set.category", "set.publisher.name", "set.publisher.namespace"),
            *("set.label", "set.tracking.id", "set.tracking.version", "set.tracking.status"),
            *("set.tracking.initial-release-date", "set.tracking.current-release-date"),
            *("source.about.content", "source.about.purpose", "source.id.uuids", "source.issuer"),
            *("source.location", "source.name", "source.data-version"),
            *("provenance.origin-geography", "provenance.date", "provenance.generation-method"),
            "use.intended-purpose",
        )
        if not _at(found, path)
    ]
    if not wrong:
        wrong += [
            f"{path}: {value} is no address"
            for path in ("set.publisher.namespace", "source.location")
            if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", value := str(_at(found, path)))
        ]
        wrong += _wrong_dates(found["provenance"])
    return wrong


def _at(found: Any, path: str) -> Any:
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _wrong_dates(step: dict[str, Any]) -> list[str]:
    try:
        made = datetime.fromisoformat(step["date"])
        before = step.get("sub-provenance")
        if before is None:
            return []
        if datetime.fromisoformat(before["date"]) > made:
            return [f"provenance: made on {step['date']} from what was made later"]
        return _wrong_dates(before)
    except (KeyError, TypeError, ValueError) as error:
        return [f"provenance: no date ({error})"]
