"""The store: what it refuses, what survives a crash, two writers, a full disk."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.lineage.families import machine, people, three_generations, write_rows
from wellhead.errors import BadInput, BadSetting
from wellhead.lineage import About, Generator, Reading, Store, add, derive, init
from wellhead.lineage.canonical import canonical
from wellhead.lineage.manifest import Manifest, Origin
from wellhead.lineage.measured import share_of_assay
from wellhead.lineage.verify import verify

WRITER = """
import sys, tempfile
from wellhead.lineage import About, Generator, Store, add, derive, init
with tempfile.TemporaryDirectory() as scratch:
    add(init(scratch), [sys.argv[2]], writers="people")
store, file, child = Store(sys.argv[1]), sys.argv[2], sys.argv[3]
print("ready", flush=True)
number = 0
while True:
    number += 1
    name = f"{sys.argv[4]}-{number}"
    id = add(store, [file], writers="people", about=About(name=name))
    print(id, flush=True)
    about = About(name=f"{name}-child", generator=Generator(model="m"))
    print(derive(store, [child], parents=[id], about=about), flush=True)
"""


def writer(folder, name="w"):
    arguments = [folder / "store", folder / "people.jsonl", folder / "child.jsonl", name]
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


def test_manifests_are_canonical_json_named_by_their_hash(tmp_path):
    store, ids = three_generations(tmp_path / "f")
    for id in ids:
        data = store.place.read(f"manifests/{id}.json")
        assert hashlib.sha256(data).hexdigest() == id
        assert canonical(json.loads(data)) == data
    assert canonical({"b": [1e21, 0.1, "\u20ac"], "a": None}) == (
        '{"a":null,"b":[1e+21,0.1,"€"]}'.encode()
    )


def test_rows_say_their_root_and_generation_down_to_people(tmp_path):
    store, ids = three_generations(tmp_path / "f")
    manifests = [store.read(id) for id in ids]
    assert [each.generation for each in manifests] == [0, 0, 1, 2]
    assert [each.writers for each in manifests] == ["people", "people", "machines", "machines"]
    assert [(each.rows.total, each.rows.rooted) for each in manifests] == [
        (20, 20),
        (12, 12),
        (10, 4),
        (10, 4),
    ]


def test_a_root_that_no_ancestor_has_is_refused(tmp_path):
    store, ids = three_generations(tmp_path / "f")
    stray = write_rows(tmp_path / "x.jsonl", [{"id": "a", "text": "Text.", "root_id": "nobody"}])
    with pytest.raises(BadInput, match="name a human original that no ancestor has"):
        derive(store, [stray], parents=[ids[0]], about=About(generator=Generator(model="m")))
    with pytest.raises(BadInput, match="say which"):
        derive(store, [machine(tmp_path, "new")], parents=[ids[0]])
    with pytest.raises(BadSetting, match="at least one parent"):
        derive(store, [stray], parents=[])
    assert len(store.log()) == len(ids)


def test_the_same_file_is_kept_once_and_a_large_one_stays_where_it_is(tmp_path):
    store = init(tmp_path / "store")
    file = people(tmp_path)
    add(store, [file], writers="people", about=About(name="a"))
    add(store, [file], writers="people", about=About(name="b"))
    left = add(
        store,
        [people(tmp_path, name="left")],
        writers="people",
        reading=Reading(keep=False),
    )
    assert len(store.place.names("objects")) == 3  # the file, its rows, the rows of the other
    assert store.read(left).files[0].place == "../left.jsonl"


def test_only_a_new_or_empty_folder_becomes_a_store(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(BadSetting, match="new or empty folder"):
        init(tmp_path)
    with pytest.raises(BadInput, match="wellhead lineage init"):
        Store(tmp_path)


@pytest.mark.slow
def test_kill_nine_during_add_and_derive_loses_nothing_that_was_acknowledged(tmp_path):
    """At whatever moment a writer dies, the log is whole and the next writer goes on."""
    store, dice = init(tmp_path / "store"), random.Random(3)
    people(tmp_path)
    machine(tmp_path, "child")
    acknowledged = []
    for _ in range(4):
        process = writer(tmp_path)
        assert process.stdout.readline() == "ready\n"
        acknowledged += [process.stdout.readline().strip() for _ in range(2)]
        time.sleep(dice.uniform(0.2, 0.8))
        process.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in process.stdout if len(line) == 65]
        process.wait()
        found = verify(store)
        assert found.intact, found.findings
        assert set(acknowledged) <= set(store.log())
    store.collect_garbage()
    assert verify(store).findings == ()
    assert len(acknowledged) > 4


def names_in(store):
    return {store.read(id).name.split("-")[0] for id in store.log()}


def test_two_writers_at_once_both_have_all_their_manifests(tmp_path):
    store = init(tmp_path / "store")
    people(tmp_path)
    machine(tmp_path, "child")
    writers = [writer(tmp_path, name) for name in ("one", "two")]
    deadline = time.monotonic() + 60
    while len(names_in(store)) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    for process in writers:
        process.kill()
    lines = [line.strip() for process in writers for line in process.stdout if len(line) == 65]
    for process in writers:
        process.wait()
    ids = store.log()
    assert len(ids) == len(set(ids))
    assert set(lines) <= set(ids)
    assert names_in(store) == {"one", "two"}
    assert verify(store).intact


def test_a_full_disk_leaves_the_store_as_it_was(tmp_path):
    store, ids = three_generations(tmp_path / "f")
    people(tmp_path, 4000, "large")
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "from wellhead.cli import main\nmain(sys.argv[1:])"
    )
    arguments = ["lineage", "add", store.place.address, tmp_path / "large.jsonl"]
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments), "--writers", "people"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 5
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert store.log() == ids
    assert verify(store).findings == ()


def test_a_store_may_lie_wherever_fsspec_reaches(tmp_path):
    address = f"memory://lineage-{tmp_path.name}"
    store = init(address)
    id = add(store, [people(tmp_path)], writers="people")
    again = Store(address)
    child = machine(tmp_path, "child")
    derive(again, [child], parents=[id], about=About(generator=Generator(model="m")))
    found = verify(Store(address))
    assert found.intact
    assert (found.manifests, found.depth) == (2, 1)


def test_garbage_goes_only_when_asked_and_nothing_else_with_it(tmp_path):
    store, ids = three_generations(tmp_path / "f")
    stray = store.place.path / "objects" / ("0" * 64)
    stray.write_bytes(b"left by a writer that died")
    assert verify(store).intact
    assert stray.exists()
    assert store.collect_garbage() == [f"objects/{'0' * 64}"]
    assert not stray.exists()
    assert verify(store).findings == ()
    assert store.log() == ids


def test_a_folder_is_read_by_what_lies_in_it_however_its_path_begins(tmp_path, wellhead):
    (tmp_path / "in").mkdir()
    (tmp_path / "texts").mkdir()
    people(tmp_path / "texts")
    (tmp_path / "texts" / ".hidden").write_text("no text")
    init(tmp_path / "store")
    done = wellhead(
        *("lineage", "add", "../store", "../texts", "--writers", "people"), cwd=tmp_path / "in"
    )
    assert done.returncode == 0, done.stderr
    assert "1 of 1 files" in done.stdout


def test_an_id_that_two_texts_of_people_share_is_refused_as_it_could_be_no_root(tmp_path):
    rows = [{"doc_id": "same", "text": f"text {i}"} for i in range(2)]
    with pytest.raises(BadInput, match="'same'"):
        add(init(tmp_path / "s"), [write_rows(tmp_path / "a.jsonl", rows)], writers="people")
    again = write_rows(tmp_path / "b.jsonl", [{"text": "The same text."}] * 2)
    assert add(Store(tmp_path / "s"), [again], writers="people")


@pytest.mark.parametrize(
    ("first", "last"),
    [("yesterday", None), ("2026-02-30", None), ("20260101", None), ("2026-02-01", "2026-01-01")],
)
def test_days_of_collection_that_are_none_are_refused(tmp_path, first, last):
    about = About(origin=Origin(collected_from=first, collected_to=last))
    store = init(tmp_path / "s")
    with pytest.raises(BadSetting, match="day of collection"):
        add(store, [people(tmp_path)], writers="people", about=about)
    assert store.log() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"parents": ["../../elsewhere"]},
        {"files": [{"name": "../x", "sha256": "0" * 64, "bytes": 1}]},
        {"files": [{"name": "x", "sha256": "../../x", "bytes": 1}]},
    ],
)
def test_a_manifest_that_names_what_lies_outside_its_store_is_none(tmp_path, changed):
    store, ids = three_generations(tmp_path / "f")
    found = {**json.loads(store.read(ids[1]).data), **changed}
    with pytest.raises(BadInput, match="expected a manifest"):
        Manifest.read(canonical(found), "it")


def test_a_device_in_the_place_of_a_file_is_not_read(tmp_path):
    store, ids = three_generations(tmp_path / "f", keep=False)
    (tmp_path / "f" / "people.jsonl").unlink()
    os.mkfifo(tmp_path / "f" / "people.jsonl")
    found = verify(store)
    assert [(each.code, each.manifest) for each in found.findings] == [("gone", ids[0])]


@pytest.mark.parametrize(
    "share",
    [
        '{"low": 0.1, "high": 0.5, "level": 0.95, "point": "x"}',
        '{"low": 0.1, "high": 0.5, "level": 7}',
        '{"low": 0.1, "high": 0.5, "level": 0.95, "point": NaN}',
        '{"low": 1' + "0" * 400 + ', "high": 1, "level": 0.95}',
    ],
)
def test_an_assay_with_figures_that_cannot_be_is_refused(tmp_path, share):
    path = tmp_path / "assay.json"
    path.write_text(f'{{"share": {share}}}')
    with pytest.raises(BadInput):
        share_of_assay(path)


def test_a_file_whose_name_is_no_text_is_kept_and_not_left(tmp_path):
    store = init(tmp_path / "s")
    odd = people(tmp_path).rename(tmp_path / os.fsdecode(b"\xff.jsonl"))
    with pytest.raises(BadInput, match="--keep"):
        add(store, [odd], writers="people", reading=Reading(keep=False))
    assert store.read(add(store, [odd], writers="people")).name == "?"
    assert verify(store).intact
