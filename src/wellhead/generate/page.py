"""The page of generated references: how many can be used, what was refused, what it cost."""

from __future__ import annotations

from wellhead._result import render
from wellhead.generate.result import OUTCOMES, GenerateResult
from wellhead.report.blocks import Bullets, Callout, Code, Details, Section
from wellhead.report.numbers import count, counted, number, percent
from wellhead.report.page import Page
from wellhead.report.table import Column, Table

__all__ = ["generate_page"]

# Beyond this length alone tells most pairs apart.
_TELLING = 0.7
# Beyond this a model's refusals say something about the texts that are missing.
_MANY = 0.1


@render.register
def generate_page(result: GenerateResult) -> Page:
    """What was made, the answer first."""
    bill = result.bill
    facts = [
        ("usable texts", count(result.usable)),
        ("calls made now", count(bill.calls)),
        ("answers used again", count(bill.reused)),
        ("tokens read", count(bill.tokens_in)),
        ("tokens written", count(bill.tokens_out)),
    ]
    if result.cost is not None:
        facts.append(("cost of this run", f"{result.cost:,.2f}"))
    return Page(
        title=f"Machine references: {result.title}",
        lead=_lead(result),
        alerts=_alerts(result),
        facts=facts,
        sections=[
            Section("By model and style", [_groups(result)]),
            *([Section("Length", [_length(result)])] if result.length else []),
            Section("One text of each", _examples(result)),
            Section("Use them", [Code("wellhead assay CORPUS --human HUMAN --machine FOLDER")]),
        ],
        footer=f"{result.endpoint}; seed {result.seed}",
    )


def _lead(result: GenerateResult) -> str:
    models = {group.model for group in result.groups}
    return (
        f"{counted(result.usable, 'text')} of {count(result.asked)} can serve as machine "
        f"references, by {counted(len(models), 'model')} in "
        f"{counted(len({group.style for group in result.groups}), 'style')}."
    )


def _alerts(result: GenerateResult) -> list[Callout]:
    alerts = []
    refused = sum(group.refused for group in result.groups)
    if refused > _MANY * result.asked:
        alerts.append(
            Callout(
                "warning",
                f"{percent(refused / result.asked)} of the answers are refusals",
                "What a model refuses in this way others may write. The references lack it.",
            )
        )
    if result.length is not None and abs(result.length.auc - 0.5) > _TELLING - 0.5:
        alerts.append(
            Callout(
                "warning",
                "Length alone tells people's texts from these",
                "A detector trained on them may learn length. State the wanted number of words in "
                "the task (words = [fewest, most]).",
            )
        )
    if not result.complete:
        alerts.append(
            Callout(
                "warning",
                "Some calls failed; the same command asks for them again",
                "; ".join(f"{why} ({count(n)} times)" for why, n in result.failures.items()),
            )
        )
    return alerts


def _groups(result: GenerateResult) -> Table:
    others = OUTCOMES[1:]
    return Table(
        columns=[
            *map(Column, ("model", "style")),
            *(Column(name, "count") for name in ("asked", "usable", "median words", *others)),
        ],
        rows=[
            (
                *(group.model, group.style, group.asked, group.usable, group.words),
                *(getattr(group, name) for name in others),
            )
            for group in result.groups
        ],
    )


def _length(result: GenerateResult) -> Bullets:
    length = result.length
    assert length is not None
    return Bullets(
        [
            f"People's texts have {count(length.human)} words in the median, the model's "
            f"{count(length.machine)}.",
            f"Of a person's text and a machine's, the person's is the longer one in "
            f"{percent(length.auc)} of the pairs; at 50 % length tells nothing "
            f"(AUC {number(length.auc)}).",
        ]
    )


def _examples(result: GenerateResult) -> list[Details]:
    return [
        Details(f"{model}, {style}", [Code(text[:2000])]) for model, style, text in result.examples
    ]
