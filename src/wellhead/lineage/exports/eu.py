"""The public summary of training content that Art. 53(1)(d) of the EU's AI Act asks for, prefilled.

Sections, order and ranges are those of the Commission's template (published on 24 July 2025,
C(2025) 8311 of 5 December 2025). What the lineage knows is filled in; what only the provider knows
comes from `EuFacts`, or the line says that it is open. One line nobody else fills: the machine
share of crawled text.
"""

from __future__ import annotations

from collections.abc import Sequence

from wellhead.lineage.exports.card import cell
from wellhead.lineage.exports.subject import Subject
from wellhead.lineage.manifest import Manifest
from wellhead.report.numbers import count, percent

__all__ = ["MACHINE_SHARE", "eu_summary"]

MACHINE_SHARE = "Machine-written share of crawled text"
_OPEN = "to be filled in by the provider"
_NONE = "none in this lineage"
_RANGES = ((10**9, "Less than 1 billion tokens"), (10**13, "1 billion to 10 trillion tokens"))
_MOST = "More than 10 trillion tokens"
_Found = dict[str, Manifest]


def eu_summary(subject: Subject) -> str:
    """The summary as Markdown; what only the provider knows says so."""
    lines = ["# Public summary of training content for general-purpose AI models", ""]
    lines += ["Required by Article 53(1)(d) of Regulation (EU) 2024/1689 (AI Act)", ""]
    eu = subject.facts.eu
    lines += [f"- Version of the summary: {_said(eu.version)}"]
    lines += [f"- Last update: {_said(eu.updated)}"]
    lines += [f"- Made from the lineage manifest `{subject.id}`", ""]
    parts = [*_general(subject), *_data_sources(subject), *_processing(subject)]
    for heading, found in parts:
        lines += [heading, "", *(f"- {line}" for line in found), *([""] if found else [])]
    return "\n".join(lines)


_Part = tuple[str, Sequence[str]]


def _general(subject: Subject) -> list[_Part]:
    facts, eu = subject.facts, subject.facts.eu
    contact = ", ".join(filter(None, (facts.publisher, facts.contact)))
    provider = [
        f"Provider name and contact details: {_said(contact)}",
        f"Authorised representative name and contact details: {_said(eu.representative)}",
    ]
    model = [
        f"Versioned model name(s): {_listed(eu.models)}",
        f"Model dependencies: {_said(eu.dependencies)}",
        f"Date of placement of the model on the Union market: {_said(eu.placed)}",
    ]
    data = [
        "Modality: text",
        f"Training data size: {_size(eu.tokens)}",
        f"Types of content: {_said(eu.content)}",
        f"Latest date of data acquisition or collection: {_last(subject)}",
        f"Training continues on new data after this date: {_yes(eu.continuous)}",
        f"Linguistic characteristics: {_languages(subject)}",
        f"Other relevant characteristics: {subject.description}",
    ]
    return [
        ("## 1. General information", ()),
        ("### 1.1. Provider identification", provider),
        ("### 1.2. Model identification", model),
        ("### 1.3. Modalities, overall training data size and other characteristics", data),
    ]


def _data_sources(subject: Subject) -> list[_Part]:
    return [
        ("## 2. List of data sources", ()),
        ("### 2.1. Publicly available datasets", _sources(_of(subject, "public"))),
        ("### 2.2. Private non-publicly available datasets obtained from third parties", ()),
        (
            "#### 2.2.1. Datasets commercially licensed by rightsholders or their representatives",
            _sources(_of(subject, "licensed")),
        ),
        (
            "#### 2.2.2. Private datasets obtained from other third parties",
            _sources(_of(subject, "private")),
        ),
        ("### 2.3. Data crawled and scraped from online sources", _crawled(subject)),
        ("### 2.4. User data", _user(subject)),
        ("### 2.5. Synthetic data", _synthetic(subject)),
        ("### 2.6. Other sources of data", _other(subject)),
    ]


def _crawled(subject: Subject) -> list[str]:
    found = _of(subject, "crawled")
    if not found:
        return [_NONE]
    eu = subject.facts.eu
    return [
        f"Crawler name(s): {_listed(eu.crawlers)}",
        f"Purposes of the crawler(s): {_said(eu.crawler_purpose)}",
        f"Crawler behaviour: {_said(eu.crawler_behaviour)}",
        f"Most relevant domain names: {_said(eu.domains)}",
        *_sources(found),
        *(_machine_share(each) for each in found.values()),
    ]


def _user(subject: Subject) -> list[str]:
    found = _of(subject, "user")
    if not found:
        return [_NONE]
    services = subject.facts.eu.services
    return [f"Services or products it came from: {_said(services)}", *_sources(found)]


def _synthetic(subject: Subject) -> list[str]:
    found = _of(subject, "synthetic")
    models = sorted({each.generator.model for each in found.values() if each.generator})
    named = [f"Models that generated it: {_listed(tuple(models))}"] if found else []
    return [*named, *_sources(found)]


def _other(subject: Subject) -> list[str]:
    """What was collected from people, and what nobody noted: the template has no other place."""
    collected, unknown = _of(subject, "collected"), _of(subject, "unknown")
    if not collected and not unknown:
        return [_NONE]
    lines = _sources(collected) if collected else []
    return lines + [
        f"{line}; where it came from was not recorded, so the provider must place it"
        for line in (_sources(unknown) if unknown else ())
    ]


def _processing(subject: Subject) -> list[_Part]:
    eu = subject.facts.eu
    rights = [
        f"Signatory to the Code of Practice: {_yes(eu.signatory)}",
        f"Measures before and during collection: {_said(eu.rights)}",
    ]
    other = [f"Step recorded: {line}" for line in _steps(subject)]
    return [
        ("## 3. Data processing aspects", ()),
        (
            "### 3.1. Respect of reservation of rights from text and data mining exception or "
            "limitation",
            rights,
        ),
        ("### 3.2. Removal of illegal content", [f"Measures taken: {_said(eu.illegal_content)}"]),
        ("### 3.3. Other information", [*other, *([cell(eu.other)] if eu.other else [])]),
    ]


def _said(words: str | None) -> str:
    return cell(words) if words else _OPEN


def _yes(answer: bool | None) -> str:
    return _OPEN if answer is None else ("yes" if answer else "no")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(cell, words)) or _OPEN


def _size(tokens: int | None) -> str:
    if tokens is None:
        return _OPEN
    return next((words for most, words in _RANGES if tokens < most), _MOST)


def _languages(subject: Subject) -> str:
    found = {c for each in subject.ancestors.values() if each.origin for c in each.origin.languages}
    return ", ".join(map(cell, sorted(found))) or _OPEN


def _last(subject: Subject) -> str:
    ends = [
        each.origin.collected_to
        for each in subject.ancestors.values()
        if each.origin and each.origin.collected_to
    ]
    return cell(max(ends)) if ends else _OPEN


def _kind(each: Manifest) -> str:
    if each.generator is not None:
        return "synthetic"
    return each.origin.kind if each.origin else "unknown"


def _of(subject: Subject, kind: str) -> _Found:
    """The sources of one kind: originals, and what a model wrote."""
    return {
        id: each
        for id, each in subject.ancestors.items()
        if _kind(each) == kind and (not each.parents or each.generator)
    }


def _sources(found: _Found) -> list[str]:
    return [_source(id, each) for id, each in found.items()] or [_NONE]


def _source(id: str, each: Manifest) -> str:
    origin = each.origin
    parts = [f"{count(each.rows.total)} rows", f"written by {each.writers}"]
    if origin and origin.source:
        parts.append(f"from {cell(origin.source)}")
    if origin and origin.licence:
        parts.append(f"licence {cell(origin.licence)}")
    if origin and origin.collected_from:
        parts.append(
            f"collected from {cell(origin.collected_from)} to {_said(origin.collected_to)}"
        )
    if each.generator:
        parts.append(f"generated by {cell(each.generator.model)}, generation {each.generation}")
    return f"**{cell(each.name)}** (`{id[:12]}`): {', '.join(parts)}"


def _machine_share(each: Manifest) -> str:
    """The line that needs a measurement."""
    share, name = each.human_share, cell(each.name)
    if share is None:
        return f"{MACHINE_SHARE}, {name}: not measured (`wellhead assay`, then add --assay)"
    low, high = percent(1 - share.high), percent(1 - share.low)
    point = "" if share.point is None else f", best estimate {percent(1 - share.point)}"
    return (
        f"{MACHINE_SHARE}, {name}: {low} to {high}{point} "
        f"({percent(share.level)} interval, {cell(share.method)})"
    )


def _steps(subject: Subject) -> list[str]:
    lines = [
        f"{cell(each.step.name)}: {count(each.rows.total)} rows kept or made (`{id[:12]}`)"
        for id, each in subject.ancestors.items()
        if each.step and each.parents
    ]
    return lines or ["none"]
