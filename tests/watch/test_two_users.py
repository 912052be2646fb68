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

from tests.watch.running_watch import settings_file, until, watching
from tests.watch.stand_in import endpoint, whole
from wellhead.errors import BadSetting
from wellhead.watch.record import Recorder, Relayed
from wellhead.watch.settings import read_settings
from wellhead.watch.sharing import share
from wellhead.watch.switch import Drawn

USER, GROUP = 60_002, 60_010
SECRETS = "canaries.jsonl", "probes.jsonl", "key.pem"
KNOWN = """[canaries]
bad = "secret/bad.txt"
good = "secret/good.txt"
every = 2
"""

# It turns into the other user once everything is imported: the interpreter may lie in a home.
METER = f"""
import os, sys
from wellhead.watch.meter import Meter, run_meter
from wellhead.watch.settings import read_settings

warm, path = sys.argv[1:]
meter = Meter(read_settings(warm, secrets=False))
meter.step()
os.setgroups([])
os.setgid({GROUP})
os.setuid({USER})
os.umask(0o027)
for name in {SECRETS!r}:
    try:
        open(os.path.join(os.path.dirname(path), "watch", name)).close()
        print("can read", name, flush=True)
    except PermissionError:
        print("cannot read", name, flush=True)
run_meter(read_settings(path, secrets=False))
"""


@pytest.fixture
def open_folder():
    """A folder that other users can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="wellhead-two-users-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def exchanged(path: Path) -> None:
    """An exchange for a meter to read at first."""
    settings = read_settings(path)
    version = settings.versions[0]
    recorder = Recorder(settings)
    exchange = Relayed(Drawn(version, {version.name: 1.0}), b'{"messages": [{"content": "x"}]}')
    exchange.answer += whole("hello")[1][0]
    recorder.asked(exchange)
    recorder.answered(exchange, "whole")


@contextmanager
def metered(warm: Path, path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", METER, str(warm), str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can start another user's meter"
)
def test_the_meter_of_another_user_judges_everything_and_cannot_read_what_is_not_for_it(
    open_folder, tmp_path
):
    (open_folder / "secret").mkdir(mode=0o700)
    (open_folder / "secret" / "bad.txt").write_text("My number is 555-0123.\n")
    (open_folder / "secret" / "good.txt").write_text("The mill is by the river.\n")
    with endpoint(lambda _: whole("Call 555-0199.")) as address:
        warm = settings_file(tmp_path, [address])
        exchanged(warm)
        path = settings_file(open_folder, [address], f'limit = 0.99\ngroup = "{GROUP}"')
        path.write_text(path.read_text() + KNOWN)
        with (
            watching(path, "--no-meter") as watch,
            metered(warm, path) as meter,
        ):
            said = [meter.stdout.readline().strip() for _ in SECRETS]
            assert said == [f"cannot read {name}" for name in SECRETS]
            for _ in range(20):
                assert watch.ask("hello").status_code == 200
            found = until(lambda: (s := watch.status()).conserved.waiting == 0 and s)
            assert found.versions[0].judged == found.versions[0].flagged == 20
            assert found.bad_canaries + found.good_canaries > 0
            assert found.recall is None or found.recall.point == 1
            assert not found.faults
            folder = watch.settings.folder
            verdicts = (folder / "verdicts.jsonl").stat()
            assert (verdicts.st_uid, verdicts.st_gid) == (USER, GROUP)
            assert verdicts.st_mode & stat.S_IRGRP
            assert (folder / "exchanges.jsonl").stat().st_uid == 0
            assert folder.stat().st_mode & stat.S_ISVTX


def test_a_group_that_is_none_is_refused_in_words(tmp_path):
    path = settings_file(tmp_path, ["http://127.0.0.1:9"], 'group = "no-such-group"')
    with pytest.raises(BadSetting, match="a group of the system"):
        share(read_settings(path))
