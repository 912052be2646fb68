"""`verify` finds each harm, says what still vouches, and old heads find a rewritten history."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime

import pytest

from tests.lineage.families import people, three_generations
from wellhead.errors import BadInput
from wellhead.lineage import About, Store, add
from wellhead.lineage.heads import prove, read_head, require_proof, sign_head
from wellhead.lineage.signing import new_key, private_key, public_key
from wellhead.lineage.verify import verify


def codes(found):
    return [each.code for each in found.findings]


@pytest.fixture
def family(tmp_path):
    return three_generations(tmp_path / "f")


@pytest.fixture
def keys(tmp_path):
    new_key(tmp_path / "key.pem")
    return private_key(tmp_path / "key.pem"), public_key(tmp_path / "key.pem.pub")


def test_a_whole_family_is_walked_down_to_generation_zero(family):
    store, _ = family
    found = verify(store)
    assert found.intact
    assert found.findings == ()
    assert (found.depth, found.rows, found.rooted) == (2, 10, 4)
    assert (found.originals, found.originals_open) == (1, 1)


def test_a_flipped_bit_is_found_and_what_still_vouches_is_named(family):
    store, ids = family
    path = store.place.path / "objects" / store.read(ids[0]).files[0].sha256
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    found = verify(store)
    assert codes(found) == ["altered"]
    assert found.findings[0].manifest == ids[0]
    assert "filtered, gen1, gen2" in found.findings[0].vouches
    assert found.originals_open == 0


def test_a_truncated_file_is_found(family):
    store, ids = family
    path = store.place.path / "objects" / store.read(ids[2]).files[0].sha256
    path.write_bytes(path.read_bytes()[:50])
    assert codes(verify(store)) == ["truncated"]


def test_a_missing_parent_is_found_at_every_child(family):
    store, ids = family
    (store.place.path / "manifests" / f"{ids[1]}.json").unlink()
    found = verify(store)
    assert not found.intact
    assert {(each.code, each.manifest) for each in found.findings} >= {
        ("manifest_missing", ids[1]),
        ("parent_missing", ids[2]),
    }


def test_an_altered_manifest_is_found(family):
    store, ids = family
    path = store.place.path / "manifests" / f"{ids[2]}.json"
    path.write_bytes(path.read_bytes().replace(b'"rooted":4', b'"rooted":9'))
    assert "manifest_altered" in codes(verify(store))


def test_a_renamed_original_is_found_where_it_lies_now(tmp_path):
    store, _ = three_generations(tmp_path / "f", keep=False)
    (tmp_path / "f" / "people.jsonl").rename(tmp_path / "f" / "moved.jsonl")
    found = verify(store)
    assert codes(found) == ["renamed"]
    assert found.intact
    assert "moved.jsonl" in found.findings[0].says
    verify(store, relocate=True)
    assert codes(verify(store)) == []


def test_an_original_that_is_gone_leaves_its_rows_vouched_for(tmp_path):
    store, _ = three_generations(tmp_path / "f", keep=False)
    (tmp_path / "f" / "people.jsonl").unlink()
    found = verify(store)
    assert codes(found) == ["gone"]
    assert "20 rows" in found.findings[0].vouches
    assert found.rooted == 4


def test_a_clock_that_jumps_is_a_remark_and_the_order_holds(tmp_path, family):
    store, ids = family
    add(
        store,
        [people(tmp_path, name="later")],
        writers="people",
        about=About(created="2001-01-01T00:00:00Z"),
    )
    found = verify(store)
    assert codes(found) == ["clock"]
    assert found.intact
    assert store.log()[: len(ids)] == ids
    assert set(codes(verify(store, now=datetime(2000, 1, 1, tzinfo=UTC)))) == {"clock"}


def test_a_shortened_and_a_rewritten_history_are_found_from_an_old_head(tmp_path, family, keys):
    store, ids = family
    private, public = keys
    head = tmp_path / "head.json"
    head.write_text(json.dumps(sign_head(store, private)))
    shutil.rmtree(store.place.path / "heads")
    add(store, [people(tmp_path, name="more")], writers="people")
    assert verify(store, heads=[head], key=public).findings == ()
    log = store.place.path / "log"
    second = (log / "00000001").read_text()
    (log / "00000001").write_text((log / "00000004").read_text())
    (log / "00000004").write_text(second)
    assert "history" in codes(verify(store, heads=[head], key=public))
    for name in ("00000001", "00000002", "00000003", "00000004"):
        (log / name).unlink()
    found = verify(store, heads=[head], key=public)
    assert any("shortened" in each.says for each in found.findings)
    assert store.log() == ids[:1]


def test_a_forged_head_and_one_of_another_key_are_refused(tmp_path, family, keys):
    store, _ = family
    private, public = keys
    head = tmp_path / "head.json"
    signed = sign_head(store, private)
    head.write_text(json.dumps({**signed, "size": 1}))
    assert "head_altered" in codes(verify(store, heads=[head], key=public))
    new_key(tmp_path / "other.pem")
    head.write_text(json.dumps(sign_head(store, private_key(tmp_path / "other.pem"))))
    assert "head_altered" in codes(verify(store, heads=[head], key=public))


def test_a_proof_holds_with_the_public_key_alone_and_not_after_any_change(family, keys):
    store, ids = family
    private, public = keys
    proof = prove(store, ids[2], private)
    _, manifest = require_proof(proof, public)
    assert json.loads(manifest)["name"] == "gen1"
    for changed in (
        {"manifest": manifest.replace('"seed":1', '"seed":2')},
        {"index": 1},
        {"inclusion": proof["inclusion"][::-1]},
        {"head": {**proof["head"], "root": "0" * 64}},
    ):
        with pytest.raises(BadInput):
            require_proof({**proof, **changed}, public)


def test_a_proof_continues_an_earlier_head(tmp_path, family, keys):
    store, _ = family
    private, public = keys
    old = read_head(sign_head(store, private), "head", public)
    id = add(store, [people(tmp_path, name="more")], writers="people")
    proof = prove(store, id, private, earlier=old)
    assert require_proof(proof, public, earlier=old)[0].size == 5
    with pytest.raises(BadInput, match="rewritten"):
        require_proof({**proof, "consistency": []}, public, earlier=old)


@pytest.mark.parametrize(
    "changed", [{"index": float("inf")}, {"head": []}, {"manifest": "\ud800"}, {"inclusion": 5}]
)
def test_a_proof_of_other_kinds_of_values_is_refused(family, keys, changed):
    store, ids = family
    private, public = keys
    with pytest.raises(BadInput):
        require_proof({**prove(store, ids[2], private), **changed}, public)


def test_a_head_with_an_infinite_size_is_refused(family, keys):
    head = sign_head(family[0], keys[0])
    with pytest.raises(BadInput):
        read_head({**head, "size": float("inf")}, "head")


def test_the_command_names_what_is_lost_and_what_vouches_for_it(family, wellhead):
    store, ids = family
    (store.place.path / "objects" / store.read(ids[0]).files[0].sha256).unlink()
    done = wellhead("lineage", "verify", store.place.path)
    assert done.returncode == 3
    assert "broken: gone, people: people.jsonl" in done.stdout
    assert "made from it and still here: filtered, gen1, gen2" in done.stdout
    missing = wellhead("lineage", "verify", store.place.path, "--key", "none.pub")
    assert (missing.returncode, missing.stderr) == (
        3,
        "wellhead: none.pub: No such file or directory\n",
    )


@pytest.mark.parametrize("part", ["log/00000001", "manifests/{}.json", "objects/{}"])
def test_what_is_no_file_in_a_store_is_found_as_missing(family, part):
    store, ids = family
    named = {"manifests": ids[1], "objects": store.read(ids[1]).rows.index}
    path = store.place.path / part.format(named.get(part.partition("/")[0]))
    path.unlink()
    os.mkfifo(path)
    found = verify(store)
    assert {"log_entry_lost", "manifest_missing", "rows_lost"} & {*codes(found)}


def test_a_store_whose_first_file_is_damaged_is_named(family):
    store, _ = family
    (store.place.path / "lineage.json").write_text("[" * 100_000)
    with pytest.raises(BadInput, match="is damaged"):
        Store(store.place.path)
