"""A Hugging Face dataset folder: Parquet files and a card that `load_dataset` understands."""

from __future__ import annotations

import json
from pathlib import Path

from sqlalchemy import Connection

from wellhead._atomic import write_text
from wellhead._version import __version__
from wellhead.collect.export.evidence import write_evidence
from wellhead.collect.export.parquet import write_parquet
from wellhead.collect.export.rows import Where
from wellhead.collect.overview import Overview, overview
from wellhead.collect.study import Study
from wellhead.errors import BadSetting
from wellhead.report.numbers import interval, percent

__all__ = ["write_dataset"]

_CARD = """\
---
language: [{language}]
pretty_name: {title}
tags: [wellhead, writing-process, provenance]
configs:
- config_name: answers
  data_files: data/answers.parquet
  default: true
- config_name: events
  data_files: data/events.parquet
- config_name: evidence
  data_files: data/evidence.parquet
---

# {heading}

{n} texts by {workers} writers, each with the history of how it came about, recorded by wellhead
{version}.

- `answers`: the text, the origin of each character (`provenance`, run lengths that sum to the
  text), shares by origin, flags with the events behind them, what became of each paste, how much
  the typing looks like copying (`transcription`, a score and no verdict), integrity, and one word
  (`outcome`).
- `events`: what happened while writing; times in steps of ten milliseconds.
- `evidence`: one row per text for `wellhead` to join with other methods.

## How the texts came about

| outcome | texts | share | 95 % interval |
|---|---|---|---|
{outcomes}

Intervals are Wilson's and treat texts as independent.

## What the record can and cannot show

The record says what a browser saw. It does not show who composed a text: retyping from a second
screen and programs that press keys at the level of the operating system look like typing.
Outcomes `unobservable` and `incomplete_log` say nothing about their writers.

## Writers

They agreed to consent version {consent} before anything was recorded. `worker` is a pseudonym.
Recorded at privacy level `{level}`{level_note}. Add the licence under which you share this.
"""


def write_dataset(
    connection: Connection, study: Study, folder: Path, where: Where = ()
) -> list[Path]:
    """`README.md` and `data/*.parquet`.

    Raises:
        BadSetting: of a selection; the card tells what the whole study found.
    """
    if where:
        raise BadSetting("a dataset has all answers; export a selection as parquet or csv.")
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    files = write_parquet(connection, study, data) + write_evidence(connection, study, data)
    view = overview(connection, study)
    card = folder / "README.md"
    write_text(card, _card(study, view))
    return [card, *files]


def _card(study: Study, view: Overview) -> str:
    rows = [
        f"| {name.replace('_', ' ')} | {share.count} | {percent(share.point)} | "
        f"{interval(share.low, share.high, share=True)} |"
        for name, share in view.outcomes.items()
    ]
    kept = {"full": ", deleted text included", "summary": ", no events"}
    return _CARD.format(
        language=json.dumps(study.language),
        title=json.dumps(study.title),
        heading=" ".join(study.title.split()).lstrip("#"),
        n=view.submitted,
        workers=view.workers,
        version=__version__,
        outcomes="\n".join(rows),
        consent=study.consent.version,
        level=study.writing.privacy,
        level_note=kept.get(study.writing.privacy, ", without deleted text"),
    )
