"""What a running watch shows: a page that follows it, metrics, telemetry, a report."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.watch.running_watch import settings_file, until, watching
from tests.watch.stand_in import endpoint, whole
from wellhead.watch.drills import drill
from wellhead.watch.switch import kill, resume

TOKEN = "a token of the test"


@pytest.fixture(scope="module")
def collector():
    """An OpenTelemetry collector's stand-in: its address, and what it was sent."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            sent.append((self.path, self.headers["content-type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", sent
    server.shutdown()


def answer(request):
    """A telephone number; a long stream where one is asked for."""
    if request.get("stream"):
        return "text/event-stream", [b"data: {}\n\n"] * 1000
    return whole("555-0199")


@pytest.fixture(scope="module")
def watch(tmp_path_factory, collector):
    pytest.importorskip("aiohttp", reason="needs wellhead[watch]")
    folder = tmp_path_factory.mktemp("shown")
    with pytest.MonkeyPatch.context() as patch, endpoint(answer) as address:
        path = settings_file(folder, [address] * 2, f'otlp = "{collector[0]}"\nlimit = 0.99')
        patch.setenv("WELLHEAD_TOKEN", TOKEN)
        with watching(path) as running:
            for _ in range(8):
                assert ask(running).status_code == 200
            until(lambda: both_answered(running))
            yield running


def both_answered(watch):
    """Whether both versions have answered, all of it judged; asks once more where not."""
    found = watch.status()
    if not all(version.judged for version in found.versions):
        assert ask(watch).status_code == 200
        return False
    return found.conserved.waiting == 0


def ask(watch, token=TOKEN):
    import httpx

    body = {"messages": [{"role": "user", "content": "hello"}]}
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{watch.url}/chat/completions", json=body, headers=headers, timeout=30)


def get(watch, path, how="GET", **headers):
    import httpx

    return httpx.request(how, watch.url.removesuffix("/v1") + path, headers=headers)


def test_without_the_token_nothing_is_answered_or_shown(watch):
    assert ask(watch, "another").status_code == 401
    assert get(watch, "/metrics").status_code == 401
    form = get(watch, "/watch")
    assert form.status_code == 401
    assert "Version" not in form.text
    assert "script" not in form.headers["content-security-policy"]


def test_the_page_follows_the_watch_without_a_reload(watch, chromium):
    kill_url = watch.url.removesuffix("/v1") + "/watch"
    page = chromium.new_page()
    loads, wrong = [], []
    page.on("load", lambda _: loads.append(1))
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    page.goto(kill_url)
    page.fill("input[name=token]", "not the token")
    page.click("button")
    assert "This is not the token" in page.inner_text("main")
    page.fill("input[name=token]", TOKEN)
    page.click("button")
    page.wait_for_selector("h1:has-text('violates')")
    loads.clear()
    wrong.clear()
    kill(watch.settings, by="ann", why="a look at the page")
    page.wait_for_selector("h1:has-text('Nothing is answered')", timeout=60_000)
    resume(watch.settings, by="ann", why="seen")
    page.wait_for_selector("h1:not(:has-text('Nothing is answered'))", timeout=60_000)
    assert "a look at the page" in page.inner_text("main")
    assert not loads
    assert not wrong
    page.close()


def test_metrics_are_prometheus_text_with_every_version(watch):
    shown = get(watch, "/metrics", authorization=f"Bearer {TOKEN}")
    assert shown.headers["content-type"].startswith("text/plain; version=0.0.4")
    values = {}
    for line in shown.text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values["wellhead_watch_verdicts_total"] >= 8
    judged = sum(v for n, v in values.items() if n.startswith("wellhead_watch_judged_total"))
    assert judged >= 8
    assert {n.split('version="')[1][:2] for n in values if "_rate{" in n} == {"v1", "v2"}


def test_verdicts_and_actions_go_to_the_collector_without_a_word_that_was_said(watch, collector):
    found = until(lambda: [x for x in records(collector) if x["eventName"].startswith("gen_ai")])
    assert found[0]["eventName"] == "gen_ai.evaluation.result"
    facts = {each["key"]: each["value"] for each in found[0]["attributes"]}
    assert facts["gen_ai.evaluation.name"]["stringValue"].startswith("rules@")
    assert facts["gen_ai.evaluation.score.label"]["stringValue"] == "violation"
    assert facts["gen_ai.evaluation.score.value"]["doubleValue"] == 1.0
    assert "555-0199" not in json.dumps(records(collector))
    until(lambda: any(each["eventName"] == "wellhead.kill" for each in records(collector)))


def test_the_door_closes_when_the_first_account_is_made_and_opens_by_name(
    tmp_path, wellhead, chromium, monkeypatch
):
    monkeypatch.delenv("WELLHEAD_TOKEN", raising=False)
    path = settings_file(tmp_path, ["http://127.0.0.1:9"])
    with watching(path) as watch:
        short = wellhead("watch", "user", path, "ann", "--password", "short")
        assert short.returncode == 2
        assert "at least 12 characters" in short.stderr
        assert get(watch, "/watch").status_code == 200  # nobody was made
        made = wellhead("watch", "user", path, "ann", "--password", "the mill by the river")
        assert made.returncode == 0, made.stderr
        assert get(watch, "/watch").status_code == get(watch, "/metrics").status_code == 401
        page = chromium.new_page()
        page.goto(watch.url.removesuffix("/v1") + "/watch")
        for password, words in (("not it, not it", "is wrong"), ("the mill by the river", "")):
            page.fill("input[name=name]", "ann")
            page.fill("input[name=password]", password)
            page.click("button")
            assert words in page.inner_text("main")
        assert "Signed in as ann" in page.inner_text("body")
        assert "Nothing was judged yet" in page.inner_text("main")
        carried = page.context.cookies()[0]
        assert carried["httpOnly"]
        cookie = {"cookie": f"{carried['name']}={carried['value']}"}
        leave = get(watch, "/watch/leave", how="POST", **cookie)
        assert leave.status_code == 403  # another site's form, which cannot know ours
        assert get(watch, "/watch", **cookie).status_code == 200
        page.click("button")
        page.wait_for_selector("input[name=password]")
        assert get(watch, "/watch", **cookie).status_code == 401  # it opens nothing any more
        page.close()


def records(collector):
    logs = [body["resourceLogs"][0]["scopeLogs"][0] for _, _, body in collector[1]]
    return [record for each in logs for record in each["logRecords"]]


def test_a_report_holds_rates_incidents_drills_and_proofs_in_one_offline_file(
    watch, wellhead, tmp_path, monkeypatch
):
    monkeypatch.setenv("WELLHEAD_TOKEN", TOKEN)
    assert drill(watch.settings, "kill", by="ann").passed
    ran = wellhead("watch", "report", watch.settings.path, "--out", tmp_path / "report.html")
    assert ran.returncode == 0, ran.stderr
    page = (tmp_path / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    for words in ("Incident 1", "a look at the page", "C9.6.3", "the logs are whole", "holds"):
        assert words.lower() in page.lower()
    early = wellhead("watch", "report", watch.settings.path, "--until", "2020-01-01", "--json")
    assert early.returncode == 0
    assert json.loads(early.stdout)["incidents"] == []


def test_programs_still_come_by_token_once_people_have_accounts(watch, wellhead):
    made = wellhead(
        "watch", "user", watch.settings.path, "ann", "--password", "the mill, the river"
    )
    assert made.returncode == 0, made.stderr
    bearer = {"authorization": f"Bearer {TOKEN}"}
    assert get(watch, "/watch", **bearer).status_code == 401
    assert get(watch, "/metrics", **bearer).status_code == 200
    assert ask(watch).status_code == 200
