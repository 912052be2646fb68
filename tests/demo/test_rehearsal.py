"""The demo end to end: the real command on real text, beside the truth."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wellhead.demo import load_demo
from wellhead.demo.files import write_demo
from wellhead.demo.outcome import judge_flags
from wellhead.lineage import Store
from wellhead.report.numbers import interval


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(folder: Path, *arguments: str) -> Any:
    """What the real command prints as JSON, run in `folder`."""
    command = [sys.executable, "-m", "wellhead", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder and the JSON of one default demo."""
    folder = tmp_path_factory.mktemp("demo")
    return folder, run(folder, "demo", "--out", "demo")


def test_the_interval_of_the_demo_holds_the_truth(told: tuple[Path, Any]) -> None:
    _, found = told
    assert found["truth"] == {"share": 0.3, "documents": 400}
    assert found["truth_inside"]
    assert found["share"]["low"] <= 0.3 <= found["share"]["high"]
    assert found["at_least"] <= 0.3


def test_most_flags_of_the_demo_are_right(told: tuple[Path, Any]) -> None:
    _, found = told
    # Flags allow for people of another kind, which costs some: 36 of 120 here.
    assert found["flags"]["machine"] >= 20
    assert found["flags"]["false_share"] <= 2 * found["false_discovery_rate"]


def test_the_demo_records_where_its_texts_come_from_with_the_human_share_it_measured(
    told: tuple[Path, Any],
) -> None:
    folder, found = told
    shown = run(folder, "lineage", "verify", found["lineage"])
    assert shown["intact"]
    store = Store(folder / found["lineage"])
    mixed = store.read(store.find("answers"))
    assert mixed.writers == "unknown"
    assert mixed.human_share is not None
    assert mixed.human_share.low == pytest.approx(1 - found["share"]["high"])
    assert store.read(store.find("known human")).writers == "people"


def test_terminal_and_page_round_the_interval_alike_and_outward(told: tuple[Path, Any]) -> None:
    folder, found = told
    command = [sys.executable, "-m", "wellhead", "demo", "--out", "again"]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    ends = interval(found["share"]["low"], found["share"]["high"], share=True)
    assert f"95 % interval {ends}" in shown
    assert ends in (folder / found["report"]).read_text(encoding="utf-8")


def test_the_report_is_written_and_small(told: tuple[Path, Any]) -> None:
    folder, found = told
    page = folder / found["report"]
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert page.stat().st_size < 300_000


def test_the_printed_command_gives_the_same_answer(
    told: tuple[Path, Any],
) -> None:
    folder, found = told
    share = run(folder, *shlex.split(found["command"])[1:])["share"]
    assert {key: share[key] for key in ("low", "point", "high")} == found["share"]


def test_a_demo_without_machine_text_allows_zero(tmp_path: Path) -> None:
    assert run(tmp_path, "demo", "--share", "0", "--seed", "1")["share"]["low"] == 0


def test_a_share_beyond_one_is_a_usage_error(wellhead: Callable[..., Any]) -> None:
    done = wellhead("demo", "--share", "1.5")
    assert done.returncode == 2
    assert "between 0 and 1" in done.stderr


def test_the_inputs_do_not_hold_the_truth(tmp_path: Path) -> None:
    demo = load_demo(documents=50, machine_references=20)
    files = write_demo(demo, tmp_path)
    assert files.machine is not None
    for path in (files.answers, files.human, files.machine):
        assert all(row.keys() == {"id", "text"} for row in rows(path))
    truth = {row["id"]: row["truth"] for row in rows(files.truth)}
    assert truth == {row.id: row.truth for row in demo.corpus}


def test_the_command_names_every_reference_and_the_seed(tmp_path: Path) -> None:
    files = write_demo(load_demo(documents=50, machine_references=20), tmp_path / "my demo")
    words = shlex.split(files.command(seed=7))
    assert words[:2] == ["wellhead", "assay"]
    assert words[2:5] == [str(files.answers), "--human", str(files.human)]
    assert words[5:] == ["--machine", str(files.machine), "--seed", "7"]


def test_flags_are_judged_by_true_origin() -> None:
    demo = load_demo(documents=40, share=0.5)
    machine = [row.id for row in demo.corpus if row.truth == "machine"]
    human = [row.id for row in demo.corpus if row.truth == "human"]
    judged = judge_flags(demo, {*machine[:6], *human[:2], "not in the collection"})
    assert judged == (6, 2, 20, 20)
    assert judged.false_share == pytest.approx(0.25)
    assert judge_flags(demo, []).false_share == 0
