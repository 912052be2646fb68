"""The main job on a collection whose composition is known: files in, estimate beside truth out.

Writes what a user would bring, runs `wellhead.assay` on those files exactly as the command it
names would, saves the report, and sets the answer beside the truth that the assay never saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellhead._progress import Progress, quiet
from wellhead.demo.ancestry import record_demo
from wellhead.demo.files import DemoFiles, write_demo
from wellhead.demo.mixture import Demo
from wellhead.demo.outcome import Flags, judge_flags

if TYPE_CHECKING:
    from wellhead.prevalence.result import AssayResult

__all__ = ["Rehearsal", "rehearse"]


@dataclass(frozen=True)
class Rehearsal:
    """What was estimated and what is true.

    Attributes:
        truth: the true share of machine documents.
        result: what the assay said.
        flags: flagged documents by true origin.
        files: the inputs, as they were written.
        command: the command that gives the same result from these files.
        report: the HTML page.
        lineage: a store of `wellhead lineage` that says where the texts come from.
    """

    truth: float
    result: AssayResult
    flags: Flags
    files: DemoFiles
    command: str
    report: Path
    lineage: Path

    @property
    def inside(self) -> bool:
        """Whether the true share lies in the interval, as it should 95 times in 100."""
        return self.result.share.covers(self.truth)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON-safe values; the assay's own JSON lies beside the report."""
        share = self.result.share
        return {
            "truth": {"share": self.truth, "documents": self.flags.machines + self.flags.humans},
            "share": {"low": share.low, "point": share.point, "high": share.high},
            "at_least": self.result.at_least,
            "truth_inside": self.inside,
            "flags": {**self.flags._asdict(), "false_share": self.flags.false_share},
            "false_discovery_rate": self.result.false_discovery_rate,
            "command": self.command,
            "files": {k: str(v) for k, v in self.files._asdict().items() if v is not None},
            "report": str(self.report),
            "lineage": str(self.lineage),
        }


def rehearse(
    demo: Demo, folder: Path, *, detector: str = "general", progress: Progress = quiet
) -> Rehearsal:
    """Write `demo` into `folder`, assay it from there, and compare the answer with the truth.

    Args:
        demo: the collection, from `load_demo`.
        folder: where inputs and report go; made when it is missing.
        detector: a detector's name or folder.
        progress: told of every document scored.
    """
    from wellhead.prevalence.run import assay

    files = write_demo(demo, folder)
    command = files.command(demo.seed)
    result = assay(
        str(files.answers),
        human=str(files.human),
        machine=None if files.machine is None else str(files.machine),
        detector=detector,
        seed=demo.seed,
        command=command,
        progress=progress,
    )
    paths = result.save(folder)
    record_demo(files, None if result.withheld else paths["json"], folder / "lineage")
    flagged = result.table.filter(result.table["flag"])["id"].to_pylist()
    return Rehearsal(
        truth=demo.share,
        result=result,
        flags=judge_flags(demo, flagged),
        files=files,
        command=command,
        report=paths["html"],
        lineage=folder / "lineage",
    )
