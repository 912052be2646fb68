"""MLCommons Croissant 1.1, with W3C PROV on the dataset, its files and its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wellhead.lineage.exports.subject import Subject, media_type, urn
from wellhead.lineage.manifest import File, Manifest

__all__ = ["croissant", "dangling"]

_CROISSANT = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field"),
    *("fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset"),
    *("annotation", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references"),
    *("regex", "repeated", "replace", "samplingRate", "separator", "source", "subField"),
    "transform",
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{name: f"cr:{name}" for name in _CROISSANT},
}
_TYPES = {"doc_id": "sc:Text", "root_id": "sc:Text", "generation": "sc:Integer"}
_WORDS = {
    "doc_id": "The identity of the row.",
    "root_id": "The text that a person wrote and that the row descends from; empty for none.",
    "generation": "0 for text as it was found, n for n steps of a model away from it.",
}


def croissant(subject: Subject) -> dict[str, Any]:
    """The description of a manifest as JSON-LD."""
    each, facts = subject.manifest, subject.facts
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": urn(subject.id),
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": each.name,
        "description": subject.description,
        "url": facts.location or urn(subject.id),
        "version": "1.0.0",
        "datePublished": each.created,
        "license": subject.licences() or "https://spdx.org/licenses/NOASSERTION",
        "citeAs": f"{each.name}, lineage manifest {subject.id}",
        "distribution": [_file(file, each, subject) for file in _files(each)],
        "recordSet": [_records(each)],
        **_derivation(subject),
    }
    if facts.publisher:
        publisher = {"@type": "sc:Organization", "name": facts.publisher}
        found["creator"] = publisher | ({"url": facts.namespace} if facts.namespace else {})
    return found


def _files(each: Manifest) -> list[File]:
    index = each.rows.index
    return [*each.files, *([File(name="rows.parquet", sha256=index, bytes=0)] if index else [])]


def _place(file: File) -> str:
    return file.place or f"objects/{file.sha256}"


def _file(file: File, each: Manifest, subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "cr:FileObject",
        "@id": f"file-{file.sha256[:16]}",
        "name": file.name,
        "contentUrl": _place(file),
        "encodingFormat": media_type(file),
        "sha256": file.sha256,
        "prov:wasDerivedFrom": [
            {"@id": urn(parent.sha256), "@type": "prov:Entity", "sc:name": parent.name}
            for id in each.parents
            for parent in subject.ancestors[id].files
        ],
    }
    return found | ({"contentSize": f"{file.bytes} B"} if file.bytes else {})


def _records(each: Manifest) -> dict[str, Any]:
    """The rows: where they have tables of their own, by column."""
    table = each.rows.index or next(file.sha256 for file in each.files if file.rows is not None)
    parents = [{"@id": urn(parent)} for parent in each.parents]
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "description": f"{each.rows.total} rows, {each.rows.rooted} with a human root.",
        "key": {"@id": "rows/doc_id"},
        "field": [_column(name, table) for name in ("doc_id", "generation")],
        "annotation": [
            {**_column("root_id", table), "equivalentProperty": "prov:hadPrimarySource"}
        ],
        "prov:wasDerivedFrom": parents,
    }


def _column(name: str, table: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"rows/{name}",
        "name": name,
        "description": _WORDS[name],
        "dataType": _TYPES[name],
        "source": {"fileObject": {"@id": f"file-{table[:16]}"}, "extract": {"column": name}},
    }


def _derivation(subject: Subject) -> dict[str, Any]:
    """The dataset's own PROV, its ancestors described once each."""
    told = {subject.id}

    def entity(id: str) -> dict[str, Any]:
        if id in told:
            return {"@id": urn(id)}
        told.add(id)
        each = subject.ancestors[id]
        return {
            "@id": urn(id),
            "@type": "prov:Entity",
            "sc:name": each.name,
            "prov:generatedAtTime": each.created,
            "prov:value": f"generation {each.generation}, written by {each.writers}",
            **links(id, each),
        }

    def links(id: str, each: Manifest) -> dict[str, Any]:
        if not each.parents:
            return {}
        return {
            "prov:wasDerivedFrom": [entity(parent) for parent in each.parents],
            "prov:wasGeneratedBy": _activity(id, each),
        }

    return links(subject.id, subject.manifest)


def _activity(id: str, each: Manifest) -> dict[str, Any]:
    name = each.step.name if each.step else "derivation"
    found: dict[str, Any] = {
        "@id": f"urn:wellhead:step:{id}",
        "@type": "prov:Activity",
        "sc:name": name,
        "prov:used": [{"@id": urn(parent)} for parent in each.parents],
    }
    if each.generator:
        revision = f" {each.generator.revision}" if each.generator.revision else ""
        found["prov:wasAssociatedWith"] = {
            "@id": f"urn:wellhead:model:{id}",
            "@type": "prov:SoftwareAgent",
            "sc:name": each.generator.model + revision,
        }
    return found


def dangling(found: Any) -> list[str]:
    """Ids that are named and nowhere described: validators do not look for these."""
    described = {node["@id"] for node in _nodes(found) if len(node) > 1 and "@id" in node}
    named = {str(node["@id"]) for node in _nodes(found) if set(node) == {"@id"}}
    return sorted(named - described)


def _nodes(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        yield found
    children = found.values() if isinstance(found, dict) else found
    if isinstance(found, dict | list):
        for child in children:
            yield from _nodes(child)
