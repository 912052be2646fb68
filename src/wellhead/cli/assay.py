"""``wellhead assay``: how much of a corpus machines wrote, and which documents."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from wellhead._progress import Progress, progress
from wellhead._stats import Interval
from wellhead.cli import app
from wellhead.cli._options import (
    AsJson,
    Encoding,
    IdColumn,
    KeepGoing,
    Level,
    Replace,
    Seed,
    Split,
    TextColumn,
    Where,
    alone_in,
    drop_stale,
    first_words,
    folder_out,
    keep_earlier,
    share_of,
    show_result,
)
from wellhead.errors import BadSetting, CannotBeSaid, LimitExceeded, WellheadError

if TYPE_CHECKING:
    from wellhead.corpus import Corpus
    from wellhead.corpus.census import Sampled
    from wellhead.detect.tiers.choosing import TierTried
    from wellhead.prevalence.result import AssayResult, Documents
    from wellhead.prevalence.shards import ShardedAssay

_WRITTEN = (
    *("report.html", "report.md", "assay.html", "assay.md", "assay.json"),
    *("documents.parquet", "flagged.csv", "detector"),
)


@app.command()
def assay(
    corpus: Annotated[
        str | None,
        typer.Argument(
            help="File, folder, glob, or - for standard input; leave it out for scored "
            "shards (--scores)."
        ),
    ] = None,
    human: Annotated[
        str | None,
        typer.Option(help="Known-human texts of the same kind; 50 or more, 100 is good."),
    ] = None,
    machine: Annotated[
        list[str] | None,
        typer.Option(help="Texts of a generator that you suspect; repeat for several."),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Audited documents: CSV, Excel, JSONL or Parquet with id and label."),
    ] = None,
    labels_drawn: Annotated[
        str | None,
        typer.Option(help="How the audited documents were chosen: random, or unstated."),
    ] = None,
    detector: Annotated[
        str | None,
        typer.Option(
            help="A detector's name or folder; see `wellhead detector list`. By default the "
            "one for the language of most documents."
        ),
    ] = None,
    adapt: Annotated[
        str,
        typer.Option(
            help="Adapt the detector to --human and --machine: off, auto (80 a side), always (20)."
        ),
    ] = "auto",
    tier: Annotated[
        str,
        typer.Option(
            help="What an adapted detector reads of a text: words; words with frozen, "
            "likelihood or encoder (name:network picks the network), or with length where that "
            "differs by who wrote; or auto, whichever pays by measurement."
        ),
    ] = "words",
    source: Annotated[
        str | None,
        typer.Option(
            help="The task's source texts: copies are set apart, and what "
            "a text takes from one counts little in an adapted detector."
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(help="Folder where scores are looked for and kept; `wellhead score` uses it."),
    ] = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    split: Split = None,
    where: Where = None,
    encoding: Encoding = None,
    keep_going: KeepGoing = False,
    human_where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="Use only these rows of the known-human texts."),
    ] = None,
    machine_where: Annotated[
        str | None,
        typer.Option(metavar="CONDITION", help="Use only these rows of the machine texts."),
    ] = None,
    group_by: Annotated[str | None, typer.Option(help="Column for shares by group.")] = None,
    max_share: Annotated[
        float | None,
        typer.Option(
            parser=share_of,
            metavar="SHARE",
            help="Exit 1 when the share is shown to exceed this, e.g. 5% or 0.05.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 when the share cannot be said.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Assay a random sample of this many documents.")
    ] = None,
    level: Level = 0.95,
    false_discovery_rate: Annotated[
        float,
        typer.Option(
            parser=share_of,
            metavar="SHARE",
            help="Expected share of human documents among the flagged.",
        ),
    ] = 0.1,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            callback=folder_out,
            help="Folder for report.html, assay.json, documents.parquet, flagged.csv; and for the "
            "adapted detector. A report that is there already is kept, unless --replace is given.",
        ),
    ] = None,
    replace: Replace = False,
    as_json: AsJson = False,
) -> None:
    """How much of CORPUS did machines write, and which documents?"""
    from wellhead.corpus import open_corpus
    from wellhead.prevalence.run import assay as run
    from wellhead.prevalence.run import open_reference

    keep_earlier(out, replace, *_WRITTEN)
    alone_in(out)
    _keep_apart(out, corpus)
    if corpus is None:
        by = detector or "general"
        told = _Shards(scores, human, machine, by, text_column, level, false_discovery_rate)
        rows = (where, split, id_column, human_where, machine_where)
        with_texts = (labels, source, group_by, sample, *rows)
        _of_shards(told, any(with_texts), seed=seed, out=out, as_json=as_json, limit=max_share)
        return
    _check_where(human, human_where, machine, machine_where)
    # What files are written in holds for all of them; which rows count, for each alone.
    written: dict[str, Any] = {"encoding": encoding, "keep_going": keep_going}
    opened = open_corpus(
        corpus, text_column=text_column, id_column=id_column, split=split, where=where, **written
    )

    def reference(path: str, **rows: str | None) -> Corpus:
        return open_reference(path, text_column, **written, **rows)

    with progress("reading") as bar:
        result = run(
            opened,
            human=None if human is None else reference(human, where=human_where),
            machine=[reference(one, where=machine_where) for one in machine] if machine else None,
            labels=labels,
            labels_drawn=_drawn(labels, labels_drawn),
            detector=detector,
            adapt=adapt,
            tier=tier,
            source=None if source is None else reference(source),
            scores=scores,
            text_column=text_column,
            group_by=group_by,
            sample=sample,
            level=level,
            false_discovery_rate=false_discovery_rate,
            seed=seed,
            command=shlex.join(["wellhead", *sys.argv[1:]]),
            progress=_Told(bar),
        )
    _tell_sample(result.documents)
    for check in result.diagnostics:
        # What was decided about the input is said aloud; the report has all other notes.
        if check.severity == "note" and check.code in ("guesses", "unusable-rows"):
            typer.echo(f"note: {check.finding}", err=True)
    _show(result, as_json, out)
    if max_share is not None:
        _hold_to(max_share, result.share)
    if strict and result.withheld is not None:
        raise CannotBeSaid(f"the share cannot be said: {result.withheld.reason}")


class _Told:
    """A progress bar whose words are read without a terminal, too."""

    def __init__(self, bar: Progress) -> None:
        self.advance, self.total, self.stage = bar.advance, bar.total, bar.stage

    def describe(self, text: str) -> None:
        typer.echo(text, err=True)


def _check_where(
    human: str | None, human_where: str | None, machine: list[str] | None, machine_where: str | None
) -> None:
    if human is None and human_where is not None:
        raise BadSetting("--human-where chooses among known-human texts; give them with --human")
    if not machine and machine_where is not None:
        raise BadSetting("--machine-where chooses among machine texts; give them with --machine")


class _Shards(NamedTuple):
    """What an assay of scored shards takes."""

    scores: Path | None
    human: str | None
    machine: list[str] | None
    detector: str
    text_column: str | None
    level: float
    false_discovery_rate: float


def _of_shards(
    told: _Shards,
    needs_texts: bool,
    *,
    seed: int,
    out: Path | None,
    as_json: bool,
    limit: float | None,
) -> None:
    """Merge scored shards: no text is read but the references'."""
    from wellhead.prevalence.run import assay_shards

    if told.scores is None or told.human is None:
        raise BadSetting(
            "expected a corpus; or scored shards with --scores FOLDER, and --human for comparison"
        )
    if needs_texts:
        raise BadSetting(
            "labels, sources, groups, samples and conditions need the texts: name the corpus, too"
        )
    with progress("merging shards") as bar:
        result = assay_shards(
            told.scores,
            human=told.human,
            machine=told.machine,
            detector=told.detector,
            text_column=told.text_column,
            level=told.level,
            false_discovery_rate=told.false_discovery_rate,
            seed=seed,
            progress=bar,
        )
    show_result(result, as_json=as_json, saved=_saved(result, out))
    if limit is not None:
        _hold_to(limit, result.share)


def _show(result: AssayResult, as_json: bool, out: Path | None) -> None:
    """Save and print it, and say where a detector of its own lies."""
    tried = () if result.adaptation is None else result.adaptation.tiers
    more = [*_adapted_told(result), *map(_tier_told, tried)]
    try:
        saved = _saved(result, out)
    except (WellheadError, OSError):
        show_result(result, as_json=as_json, more=more)  # at least the answer is not lost
        raise
    kept = [f"detector: {saved['detector']}"] if "detector" in saved else []
    show_result(result, as_json=as_json, saved=saved, more=[*more, *kept])


def _keep_apart(out: Path | None, corpus: str | None) -> None:
    """Refuse a report inside the folder that is weighed, where it would be read as documents.

    Raises:
        BadSetting: `out` is that folder, or lies in it.
    """
    if out is None or corpus is None or not Path(corpus).is_dir():
        return
    weighed, place = Path(corpus).resolve(), out.resolve()
    if place == weighed or weighed in place.parents:
        raise BadSetting(
            f"--out: {out} lies in the folder that is weighed, {corpus}, where the report would be "
            "read as documents the next time; name a folder elsewhere."
        )


def _adapted_told(result: AssayResult) -> list[str]:
    """Whether the detector was adapted and what that changed, or why not, in one line."""
    from wellhead.report.numbers import counted

    found = result.adaptation
    if found is None:
        return [check.finding for check in result.diagnostics if check.code == "not-adapted"]
    before, after = (round(100 * one.width) for one in (found.before, found.after))
    said = f"Adapted to {counted(found.human, 'human text')} and "
    said += counted(found.machine, "machine text")
    if after < before:
        return [
            f"{said}: before checks the interval is {counted(after, 'point')} wide, not {before}."
        ]
    wide = f"before checks the interval is {counted(after, 'point')} wide, and {before} as it was"
    return [f"{said}, which did not pay: {wide} (--adapt off)."]


def _saved(result: AssayResult | ShardedAssay, out: Path | None) -> dict[str, Path]:
    """The files in `out` by kind; what an earlier report had there and this one has not goes."""
    if out is None:
        return {}
    saved = result.save(out)
    drop_stale(out, _WRITTEN, saved)
    return saved


def _tier_told(tried: TierTried) -> str:
    """What a tier gained and cost, in one line."""
    if tried.auc is None:
        return f"tier {tried.name}: not tried, {tried.why_not}"
    gain = "" if tried.gain is None else f" ({tried.gain:+.3f} ± {tried.error or 0:.3f})"
    taken = "; taken" if tried.taken else ""
    if taken and tried.gain == tried.error == 0:
        taken += ", and counts nothing beside the words"
    return (
        f"tier {tried.name}: AUC {tried.auc:.3f}{gain} on texts and kinds left out, "
        f"{tried.seconds or 0:,.0f} s of processor time for 1,000 texts{taken}"
    )


def _tell_sample(documents: Documents) -> None:
    """What was read, so that a wrong column or file is seen before its share."""
    from wellhead.corpus.language import named
    from wellhead.report.numbers import percent

    read = documents.read
    if read is None:
        return
    smallest, _, middle, _, largest = read.characters
    languages = list(read.languages.items())[:2]
    spoken = "".join(f", {named(code)} {percent(part)}" for code, part in languages)
    repeats = f", {documents.near_duplicates} repeat another" if documents.near_duplicates else ""
    lines = [
        f"read: {documents.n} documents of {smallest} to {largest} characters, median "
        f"{middle}{spoken}{repeats}; as they were scored:",
        *(f"  {_where(one)}{first_words(one.text, 100)}" for one in read.sample),
        *(f"  not used: {one.file}, row {one.row}: {one.reason}" for one in read.unusable[:3]),
    ]
    if documents.unusable > 3:
        lines.append(f"  not used: {documents.unusable - 3} more rows")
    typer.echo("\n".join(lines), err=True)


def _where(one: Sampled) -> str:
    return f"{one.file}, row {one.row}: " if one.file and one.row else ""


def _hold_to(limit: float, share: Interval) -> None:
    """The lower end is never below the at-least bound."""
    from wellhead.report.numbers import percent

    if share.low > limit:
        raise LimitExceeded(
            f"the share exceeds the limit of {100 * limit:g} %: its interval begins at "
            f"{percent(share.low, 1, down=True)}"
        )
    if share.high > limit:
        typer.echo(
            f"wellhead: the limit of {100 * limit:g} % lies inside the interval: neither "
            "exceeded nor kept for certain; more references or audited labels would tell",
            err=True,
        )


def _drawn(labels: str | None, drawn: str | None) -> str:
    """How the audited documents were chosen; a person at a terminal is asked."""
    if drawn is not None or labels is None:
        return drawn or "random"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "unstated"
    by_lot = typer.confirm("Were the audited documents drawn at random from this corpus?", err=True)
    return "random" if by_lot else "not random"
