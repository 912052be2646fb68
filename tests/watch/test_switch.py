"""What may answer: breakers that people and alarms open, for one version and for all, half-open."""

from __future__ import annotations

import pytest

from tests.watch.running_watch import log_lines, settings_file, until, watching
from tests.watch.stand_in import endpoint, whole
from wellhead.errors import BadSetting
from wellhead.watch.settings import read_settings
from wellhead.watch.status import status_of
from wellhead.watch.switch import REST, TRIAL, Switch, resume, stop_version


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def settings(tmp_path):
    return read_settings(settings_file(tmp_path, ["http://127.0.0.1:9"] * 2))


def drawn(switch: Switch, times: int = 400) -> list[str]:
    found = [None if switch.stopped() else switch.draw() for _ in range(times)]
    return [each.version.name for each in found if each is not None]


def test_a_version_that_somebody_stopped_stays_so_until_somebody_takes_it_back(settings):
    clock = Clock()
    switch = Switch(settings, clock=clock)
    stop_version(settings, "v1", by="ann", why="it is rude")
    assert set(drawn(switch)) == {"v2"}
    clock.now += 10 * REST
    assert set(drawn(switch)) == {"v2"}
    assert set(drawn(Switch(settings, clock=clock))) == {"v2"}  # a gateway that is started anew
    found = status_of(settings)
    assert (found.versions[0].breaker, found.versions[0].why) == ("open", "it is rude")
    resume(settings, by="bob", why="it is kind", version="v1")
    assert set(drawn(switch)) == {"v1", "v2"}
    logged = [
        (each["kind"], each["version"], each["by"])
        for each in log_lines(settings, "actions.jsonl")
        if each["kind"] in ("open", "closed")
    ]
    assert logged == [("open", "v1", "ann"), ("closed", "v1", "bob")]
    with pytest.raises(BadSetting, match="v1, v2"):
        stop_version(settings, "v3", by="ann", why="a slip")


def test_one_that_an_alarm_opened_rests_and_then_gets_a_twentieth(settings):
    clock = Clock()
    switch = Switch(settings, clock=clock)
    switch.open("v1", by="alarm: rate", why="above the limit")
    assert set(drawn(switch)) == {"v2"}
    clock.now += REST
    names = drawn(switch, 2000)
    assert len(names) == 2000
    assert 0.02 < names.count("v1") / 2000 < 0.09  # a twentieth beside the other's whole: 4.8 %
    assert switch.breakers["v1"].state == "half-open"


@pytest.mark.parametrize("which", ["v1", None])
def test_where_nothing_else_answers_one_request_in_twenty_does_on_trial(tmp_path, which):
    settings = read_settings(settings_file(tmp_path, ["http://127.0.0.1:9"]))
    switch = Switch(settings)
    switch.open(which, by="alarm: meter", why="it missed some")
    assert drawn(switch) == []
    resume(settings, by="ann", why="a new meter", trial=True)
    assert 0.02 < len(drawn(switch, 2000)) / 2000 < 0.09
    found = status_of(settings)
    assert not found.well
    assert "half-open" in found.page().to_markdown() or "on trial" in found.page().to_markdown()
    resume(settings, by="ann", why="it is good")
    assert len(drawn(switch, int(10 / TRIAL))) == 10 / TRIAL
    assert status_of(settings).trial == ""


def test_a_stop_of_one_version_is_felt_by_the_next_request_and_ends_its_answers(tmp_path, wellhead):
    import httpx

    def slow(request):
        if request.get("stream"):
            return "text/event-stream", [b"data: {}\n\n"] * 3000
        return whole("from one")

    with (
        endpoint(slow) as one,
        endpoint(lambda _: whole("from two")) as two,
        watching(settings_file(tmp_path, [one, two])) as watch,
    ):
        body = {"stream": True, "messages": [{"role": "user", "content": "x"}]}
        url = f"{watch.url}/chat/completions"

        def begun():
            return client.send(client.build_request("POST", url, json=body), stream=True)

        with httpx.Client(timeout=30) as client:
            reply = begun()
            while reply.headers["x-wellhead-version"] != "v1":
                reply = begun()
            ran = wellhead(
                *("watch", "kill", watch.settings.path, "--version", "v1"),
                *("--by", "ann", "--why", "a trial"),
            )
            assert ran.returncode == 0, ran.stderr
            assert b'"code": "stopped"' in reply.read()
        names = {watch.ask("hello").headers["x-wellhead-version"] for _ in range(20)}
        assert names == {"v2"}
        until(lambda: watch.status().versions[0].breaker == "open")
        resume(watch.settings, by="ann", why="over", version="v1")
        until(lambda: watch.ask("hello").headers["x-wellhead-version"] == "v1")
