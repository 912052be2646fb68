"""CycloneDX 1.7, an ML-BOM: texts as data components with a pedigree, models as what wrote them."""

from __future__ import annotations

from typing import Any

from wellhead._version import __version__
from wellhead.lineage.exports.subject import Subject, urn
from wellhead.lineage.manifest import Manifest

__all__ = ["cyclonedx"]


def cyclonedx(subject: Subject) -> dict[str, Any]:
    """The bill of materials of a manifest and all its ancestors."""
    models = [_model(id, each, subject) for id, each in subject.ancestors.items() if each.generator]
    data = [_data(id, each, subject) for id, each in subject.ancestors.items()]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{subject.uuid}",
        "version": 1,
        "metadata": {
            "timestamp": subject.manifest.created,
            "tools": {
                "components": [{"type": "application", "name": "wellhead", "version": __version__}]
            },
            "component": {
                "type": "data",
                "bom-ref": f"subject-{subject.id}",
                "name": subject.manifest.name,
                "version": subject.id,
            },
        },
        "components": [*data, *models],
        "dependencies": [
            {"ref": f"subject-{subject.id}", "dependsOn": [urn(subject.id)]},
            *(
                {"ref": urn(id), "dependsOn": [urn(parent) for parent in each.parents]}
                for id, each in subject.ancestors.items()
            ),
        ],
    }


def _data(id: str, each: Manifest, subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "data",
        "bom-ref": urn(id),
        "name": each.name,
        "version": id,
        "description": f"{each.rows.total} rows, generation {each.generation}, written by "
        f"{each.writers}",
        "hashes": [{"alg": "SHA-256", "content": id}],
        "data": [{"type": "dataset", "name": each.name}],
        "components": [_file(id, number, file) for number, file in enumerate(each.files)],
        "properties": [
            {"name": f"wellhead:{name}", "value": str(value)}
            for name, value in _figures(each).items()
        ],
    }
    if each.origin and each.origin.licence:
        found["licenses"] = [{"license": {"name": each.origin.licence}}]
    if each.parents:
        found["pedigree"] = {
            "ancestors": [_ancestor(parent, subject.ancestors[parent]) for parent in each.parents],
            "notes": each.step.name if each.step else "derived",
        }
    return found


def _file(id: str, number: int, file: Any) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"{urn(id)}#{number}",
        "name": file.name,
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
        "properties": [{"name": "wellhead:bytes", "value": str(file.bytes)}],
    }


def _ancestor(id: str, each: Manifest) -> dict[str, Any]:
    return {
        "type": "data",
        "name": each.name,
        "version": id,
        "hashes": [{"alg": "SHA-256", "content": id}],
    }


def _figures(each: Manifest) -> dict[str, object]:
    share = each.human_share
    return {
        "generation": each.generation,
        "rows": each.rows.total,
        "rows-with-human-root": each.rows.rooted,
        "rows-by-people": each.rows.original,
    } | ({"human-share": f"{share.low} to {share.high} ({share.method})"} if share else {})


def _model(id: str, each: Manifest, subject: Subject) -> dict[str, Any]:
    """What wrote a generation, with the texts that it stood on."""
    generator = each.generator
    assert generator is not None
    settings: dict[str, object] = {
        "seed": generator.seed,
        "prompt-sha256": generator.prompt_sha256,
    }
    settings |= generator.sampling
    return {
        "type": "machine-learning-model",
        "bom-ref": f"urn:wellhead:model:{id}",
        "name": generator.model,
        "version": generator.revision or "unknown",
        "modelCard": {
            "modelParameters": {"datasets": [{"ref": urn(parent)} for parent in each.parents]},
        },
        "properties": [
            {"name": f"wellhead:{name}", "value": str(value)}
            for name, value in settings.items()
            if value is not None
        ],
    }
