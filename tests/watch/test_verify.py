"""What was done to the logs behind the back of a watch is found, and named."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.watch.running_watch import settings_file
from wellhead.errors import BadInput
from wellhead.lineage.signing import public_key
from wellhead.watch.heads import LOGS, Heads, own_key, verify_logs, write_head
from wellhead.watch.ledger import Chain, Ledger
from wellhead.watch.settings import read_settings


@pytest.fixture
def watch(tmp_path):
    """A watch of twenty exchanges, with a head from when there were ten."""
    pytest.importorskip("cryptography")
    path = settings_file(tmp_path, ["http://127.0.0.1:9"])
    settings = read_settings(path)
    own_key(settings.folder)
    write(settings.folder, range(10))
    write_head(settings.folder, settings.heads)
    write(settings.folder, range(10, 20))
    return path


def write(folder, numbers, *, what="asked"):
    ledgers = [Ledger(folder / name) for name in LOGS]
    for n in numbers:
        for ledger in ledgers:
            ledger.append({"kind": what, "id": f"e{n}", "at": n})


def changed(lines):
    entry = json.loads(lines[4]) | {"kind": "other"}
    lines[4] = json.dumps(entry, sort_keys=True, separators=(",", ":"))


def removed(lines):
    del lines[4]


def moved(lines):
    lines[4], lines[5] = lines[5], lines[4]


def inserted(lines):
    lines.insert(5, lines[4])


def faults(path):
    settings = read_settings(path)
    public = public_key(own_key(settings.folder).with_suffix(".pem.pub"))
    return verify_logs(settings.folder, sorted(settings.heads.glob("*.json")), public)


@pytest.mark.parametrize(("done", "line"), [(changed, 5), (removed, 4), (moved, 4), (inserted, 5)])
@pytest.mark.parametrize("log", LOGS)
def test_a_line_that_was_changed_removed_moved_or_inserted_is_found(watch, log, done, line):
    assert not faults(watch)
    path = read_settings(watch).folder / log
    lines = path.read_text().splitlines()
    done(lines)
    path.write_text("\n".join(lines) + "\n")
    found = faults(watch)
    assert {fault.log for fault in found} == {log}
    assert found[0].line == line
    assert len(found) <= 4, "one line is told once, and not at every line after it"
    assert any("rewritten: its first 10 lines" in fault.problem for fault in found)


def test_a_log_that_was_rewritten_whole_is_found_by_an_old_head_alone(wellhead, watch, tmp_path):
    settings = read_settings(watch)
    head = shutil.copy(next(settings.heads.glob("*.json")), tmp_path / "kept.json")
    public = shutil.copy(own_key(settings.folder).with_suffix(".pem.pub"), tmp_path / "kept.pub")
    for name in LOGS:
        (settings.folder / name).unlink()
    write(settings.folder, range(20), what="quiet")
    for old in settings.heads.glob("*.json"):
        old.unlink()
    write_head(settings.folder, settings.heads)
    assert not faults(watch)  # whole in itself
    ran = wellhead("watch", "verify", watch, "--head", head, "--key", public)
    assert ran.returncode == 3
    assert "rewritten: its first 10 lines are not those of" in ran.stderr


def test_a_log_that_was_cut_short_is_found_by_a_head(watch):
    path = read_settings(watch).folder / LOGS[0]
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:7]))
    assert "shortened: it had 10 lines" in faults(watch)[0].problem


def test_a_head_that_was_forged_is_refused(watch):
    head = next(read_settings(watch).heads.glob("*.json"))
    facts = json.loads(head.read_text())
    facts["logs"][LOGS[0]][0] = 5
    head.write_text(json.dumps(facts))
    with pytest.raises(BadInput, match=r"head-.*\.json"):
        faults(watch)


def test_a_running_gateway_finds_what_is_done_to_old_lines_within_a_round(watch):
    settings = read_settings(watch)
    heads = Heads(settings.folder, settings.heads)
    assert heads.grown
    heads.write()
    assert not heads.grown
    assert not any(heads.look(lines=8) for _ in range(6))
    path = settings.folder / LOGS[1]
    lines = path.read_text().splitlines()
    changed(lines)
    path.write_text("\n".join(lines) + "\n")
    found = [heads.look(lines=8) for _ in range(9)]
    assert all(found[3:])  # seen in one round, and kept until the next one is over
    assert {(fault.log, fault.line) for fault in found[-1]} == {(LOGS[1], 5), (LOGS[1], 0)}
    (settings.folder / LOGS[0]).write_text("")
    assert any("shortened" in fault.problem for fault in heads.look(lines=8))


def test_a_month_of_heads_is_verified_in_one_pass_through_the_logs(watch, monkeypatch):
    settings, read = read_settings(watch), []
    for n in range(20, 60):
        write(settings.folder, [n])
        write_head(settings.folder, settings.heads)
    taken = Chain.take
    monkeypatch.setattr(Chain, "take", lambda *line: read.append(1) or taken(*line))
    assert not faults(watch)
    assert len(read) == 60 * len(LOGS)
