"""Drills act on a running gateway for real: what works passes, what does not fails."""

from __future__ import annotations

import json
import os
import signal

import pytest

from tests.models.running_server import running as running_model
from tests.watch.running_watch import log_lines, says, settings_file, until, watching
from tests.watch.stand_in import endpoint, whole
from wellhead.errors import BadSetting
from wellhead.lineage.signing import public_key, require_signed
from wellhead.models.scripted import ScriptedEngine
from wellhead.watch.drills import drill
from wellhead.watch.heads import own_key
from wellhead.watch.incidents import incidents_of
from wellhead.watch.status import DRILLS, status_of
from wellhead.watch.switch import roll_back

CANARIES = '[canaries]\nbad = "bad.txt"\ngood = "good.txt"\nevery = 1000000\n'


@pytest.fixture(scope="module")
def watch(tmp_path_factory):
    """A watch before two versions of a model, with canaries of both kinds."""
    folder = tmp_path_factory.mktemp("drills")
    (folder / "bad.txt").write_text("Call 555-0199.\nTry 555-0100.\n")
    (folder / "good.txt").write_text("The mill is by the river.\n")
    with running_model([ScriptedEngine("m", says, places=512)]) as address:
        more = 'silence = 5.0\nbaseline = "v1"\n'
        path = settings_file(folder, [address] * 2, more)
        path.write_text(path.read_text() + CANARIES)
        with watching(path) as running:
            running.ask("hello")  # the meter takes a while to start
            until(lambda: running.status().conserved.verdicts == 1 and not running.status().stopped)
            yield running


def users(watch):
    """How many answers count, and towards which groups, once all that was relayed is judged."""
    found = until(lambda: (s := watch.status()).conserved.waiting == 0 and s)
    return [each.judged for each in found.versions], [each.name for each in found.groups]


def test_who_only_says_to_be_a_drill_is_counted_as_everybody_is(watch):
    import httpx

    before, _ = users(watch)
    body = {"messages": [{"role": "user", "content": "hello"}]}
    headers = {"x-wellhead-drill": "0" * 64}
    reply = httpx.post(f"{watch.url}/chat/completions", json=body, headers=headers)
    assert reply.status_code == 200
    assert sum(users(watch)[0]) == sum(before) + 1


@pytest.mark.parametrize("kind", DRILLS)
def test_a_drill_passes_is_timed_logged_and_leaves_everything_as_it_was(watch, kind):
    before = users(watch)
    found = drill(watch.settings, kind, by="ann")
    assert users(watch) == before
    assert found.passed, (found.steps, watch.status().stopped, watch.status().conserved)
    assert watch.ask("hello").status_code == 200, watch.status().stopped
    key = public_key(own_key(watch.settings.folder).with_suffix(".pem.pub"))
    record = require_signed(json.loads(found.record.read_text()), key, "record")
    assert (record["drill"], record["by"], record["passed"]) == (kind, "ann", True)
    if kind == "kill":
        assert {"C9.6.1", "C9.6.3", "C12.4.3"} <= set(record["owasp_aisvs_1.0"])
    done = log_lines(watch.settings, "actions.jsonl")
    assert not incidents_of([each for each in done if each["at"] >= done[-1]["began"]], {})
    logged = [each for each in watch.status().actions if each.kind == "drill"]
    assert logged[-1].by == "ann"
    assert logged[-1].why.startswith(f"{kind}, passed")


def test_the_command_holds_a_drill_and_says_each_step(watch, wellhead):
    ran = wellhead("watch", "drill", "log", watch.settings.path, "--by", "bob")
    assert ran.returncode == 0, ran.stderr
    assert "a line that was moved is found" in ran.stdout
    wrong = wellhead("watch", "drill", "kil", watch.settings.path, "--by", "bob")
    assert wrong.returncode == 2
    assert "kill" in wrong.stderr


def test_a_drill_that_was_not_held_for_a_month_asks_for_somebodys_eyes(watch):
    found = watch.status()
    later = status_of(watch.settings, now=found.at + 31 * 86_400)
    assert set(later.overdue) == set(DRILLS)
    assert not later.well
    assert "not held for a month" in later.page().to_markdown()


def test_a_meter_that_misses_everything_fails_its_drill(tmp_path):
    (tmp_path / "bad.txt").write_text("This is bad, and no rule knows it.\n")
    (tmp_path / "good.txt").write_text("fine\n")
    with endpoint(lambda _: whole("hello")) as address:
        path = settings_file(tmp_path, [address])
        path.write_text(path.read_text() + CANARIES)
        with watching(path) as running:
            found = drill(running.settings, "meter", by="ann")
            assert not found.passed
            assert "flags 0% of the known-bad" in found.steps[1].what
            # The gateway has seen it too: a lying meter stops everything.
            until(lambda: running.ask("hello").status_code == 503)
            assert "it missed" in running.status().stopped
            with pytest.raises(BadSetting, match="gateway that answers"):
                drill(running.settings, "kill", by="ann")


def test_a_rollback_brings_back_by_hash_what_the_settings_no_longer_name(tmp_path):
    seen = []

    def answer(request):
        seen.append(request)
        return whole("hello")

    with endpoint(answer) as address:
        path = settings_file(tmp_path, [address])
        old = path.read_text() + 'prompt = "Be kind."\nsettings = {temperature = 0.5}\n'
        path.write_text(old)
        with watching(path) as running:
            hash = running.ask("x").headers["x-wellhead-version-hash"]
        path.write_text(old.replace("Be kind.", "Be quick.").replace('"v1"', '"v2"'))
        with watching(path) as running:
            assert running.ask("x").headers["x-wellhead-version"] == "v2"
            roll_back(running.settings, hash[:12], by="ann", why="v2 is worse")
            until(lambda: running.ask("x").headers["x-wellhead-version-hash"] == hash)
            assert seen[-1]["messages"][0]["content"] == "Be kind."
            assert seen[-1]["temperature"] == 0.5
            assert (
                "version v1 alone answers after a rollback" in running.status().page().lead.lower()
            )
            os.kill(running.process.pid, signal.SIGKILL)
            running.process.wait(timeout=60)
        with watching(path) as running:  # what was rolled back stays so
            assert running.ask("x").headers["x-wellhead-version"] == "v1"
            [kept] = running.settings.folder.glob(f"versions/{hash}.json")
            kept.write_text(kept.read_text().replace("kind", "cruel"))
            with pytest.raises(Exception, match="it was altered"):
                roll_back(running.settings, hash[:12], by="ann", why="again")
