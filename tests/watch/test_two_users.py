"""Gateway and meter as two users of the system: each does its work, and nothing beyond it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.watch.running_watch import Watch, settings_file, until
from tests.watch.stand_in import endpoint, whole
from wellhead.errors import BadSetting
from wellhead.watch.settings import read_settings
from wellhead.watch.sharing import share

GATE, METER, GROUP = 60_001, 60_002, 60_010
SECRETS = "canaries.jsonl", "probes.jsonl", "key.pem"
KNOWN = """[canaries]
bad = "secret/bad.txt"
good = "secret/good.txt"
every = 2
"""

# Both turn into the other user once everything is imported: the interpreter may lie in a home.
AS_METER = f"""
import os, sys
from wellhead.watch.meter import Meter, run_meter
from wellhead.watch.settings import read_settings

warm, path = sys.argv[1:]
meter = Meter(read_settings(warm, secrets=False))
meter.step()
os.setgroups([])
os.setgid({GROUP})
os.setuid({METER})
os.umask(0o027)
for name in {SECRETS!r}:
    try:
        open(os.path.join(os.path.dirname(path), "watch", name)).close()
        print("can read", name, flush=True)
    except PermissionError:
        print("cannot read", name, flush=True)
run_meter(read_settings(path, secrets=False))
"""
AS_GATE = f"""
import os, queue, sys, threading, urllib.request
from wellhead.watch.serving import serve
from wellhead.watch.settings import read_settings

warm, path = sys.argv[1:]
told = queue.Queue()
first = {{"port": 0, "meter": False, "told": told.put}}
threading.Thread(target=serve, args=[read_settings(warm)], kwargs=first, daemon=True).start()
url = told.get()
body = b'{{"messages": [{{"role": "user", "content": "hello"}}]}}'
urllib.request.urlopen(url + "/chat/completions", body).read()
urllib.request.urlopen(url.removesuffix("/v1") + "/watch").read()
os.setgroups([])
os.setgid({GROUP})
os.setuid({GATE})
serve(read_settings(path), port=0, meter=False, told=lambda url: print(url, flush=True))
"""


@pytest.fixture
def open_folder():
    """A folder that other users can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="wellhead-two-users-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def started(code: str, *paths: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, paths)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can start what other users run"
)
def test_gateway_and_meter_as_two_users_do_their_work_and_cannot_do_the_others(
    open_folder, tmp_path
):
    (open_folder / "secret").mkdir(mode=0o700)
    (open_folder / "secret" / "bad.txt").write_text("My number is 555-0123.\n")
    (open_folder / "secret" / "good.txt").write_text("The mill is by the river.\n")
    with endpoint(lambda _: whole("Call 555-0199.")) as address:
        warm = settings_file(tmp_path, [address])
        path = settings_file(open_folder, [address], f'limit = 0.99\ngroup = "{GROUP}"')
        path.write_text(path.read_text() + KNOWN)
        for each in (open_folder, *open_folder.rglob("*")):
            os.chown(each, GATE, GROUP)
        with started(AS_GATE, warm, path) as gate:
            url = gate.stdout.readline().strip()
            watch = Watch(gate, url, read_settings(path))
            with started(AS_METER, warm, path) as meter:
                said = [meter.stdout.readline().strip() for _ in SECRETS]
                assert said == [f"cannot read {name}" for name in SECRETS]
                for _ in range(30):
                    assert watch.ask("hello").status_code == 200
                found = until(lambda: (s := watch.status()).conserved.waiting == 0 and s)
            assert found.versions[0].judged == found.versions[0].flagged == 30
            assert found.bad_canaries + found.good_canaries > 0
            assert found.recall is None or found.recall.point == 1
            assert not found.faults
            folder = watch.settings.folder
            verdicts, exchanges = (
                (folder / f"{name}.jsonl").stat() for name in ("verdicts", "exchanges")
            )
            assert (verdicts.st_uid, verdicts.st_gid) == (METER, GROUP)
            assert (exchanges.st_uid, exchanges.st_gid) == (GATE, GROUP)
            # Each reads what the other writes, and writes none of it.
            assert verdicts.st_mode & 0o777 == exchanges.st_mode & 0o777 == 0o640
            assert folder.stat().st_mode & stat.S_ISVTX


def test_a_group_that_is_none_is_refused_in_words(tmp_path):
    path = settings_file(tmp_path, ["http://127.0.0.1:9"], 'group = "no-such-group"')
    with pytest.raises(BadSetting, match="a group of the system"):
        share(read_settings(path))
