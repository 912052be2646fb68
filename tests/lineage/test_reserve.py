"""Reserves: seeded, stratified, kept, and owed by every mix; signed folders."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

import wellhead as package
from tests.lineage.families import machine, people, three_generations, write_rows
from wellhead.errors import BadInput, BadSetting, LimitExceeded
from wellhead.lineage import About, Step, add, derive, init
from wellhead.lineage.drawing import Plan, make
from wellhead.lineage.folders import new_folder_key, require_folder, sign_folder
from wellhead.lineage.reserve import file_at_hand, write_texts
from wellhead.lineage.signing import new_key
from wellhead.lineage.verify import verify


def kept(store, id):
    with file_at_hand(store, store.read(id).files[0]) as path:
        return pq.read_table(path).to_pylist()


@pytest.fixture
def store(tmp_path):
    store = init(tmp_path / "store")
    rows = [
        {"id": f"r{i}", "text": f"A person wrote text {i}.", "genre": "rare" if i < 3 else "usual"}
        for i in range(43)
    ]
    add(store, [write_rows(tmp_path / "originals.jsonl", rows)], writers="people")
    return store


def test_every_stratum_gives_its_share_and_the_seed_decides_which(store):
    rows = kept(store, make(store, [], Plan(share=0.1, by="genre", seed=1)))
    assert [row["stratum"].endswith("rare") for row in rows].count(True) == 1
    assert len(rows) == 5
    again = kept(store, make(store, [], Plan(share=0.1, by="genre", seed=1), name="again"))
    other = kept(store, make(store, [], Plan(share=0.1, by="genre", seed=2), name="other"))
    assert again == rows
    assert {row["doc_id"] for row in other} != {row["doc_id"] for row in rows}
    assert verify(store).findings == ()


def test_a_reserve_comes_from_people_only(tmp_path, store):
    (tmp_path / "x").mkdir()
    add(store, [people(tmp_path, name="found")], writers="unknown")
    with pytest.raises(BadSetting, match="originals that people wrote"):
        make(store, ["found"], Plan())
    with pytest.raises(BadSetting, match="no column 'topic'"):
        make(store, [], Plan(by="topic"))


def test_a_mix_below_the_reserve_is_refused_with_the_number_missing(tmp_path, store, wellhead):
    id = make(store, [], Plan(share=0.2))
    rows = kept(store, id)
    synthetic = [{"id": f"m{i}", "text": f"Made up {i}."} for i in range(5)]
    texts = [{"id": row["doc_id"], "text": row["text"]} for row in rows]
    # An id alone buys nothing: the text counts.
    forged = [{"id": row["doc_id"], "text": "something else"} for row in rows[:2]]
    short = write_rows(tmp_path / "short.jsonl", [*texts[2:], *forged, *synthetic])
    whole = write_rows(tmp_path / "whole.jsonl", [*texts, *synthetic])
    mixing = ("--parent", "originals", "--step", "mix", "--model", "m")
    done = wellhead("lineage", "derive", "store", short, *mixing)
    assert done.returncode == 1
    assert "lacks 2 of the 9 texts of the reserve" in done.stderr
    assert wellhead("lineage", "reserve", "store", "--check", short).returncode == 1
    assert wellhead("lineage", "derive", "store", whole, *mixing).returncode == 0
    assert wellhead("lineage", "reserve", "store", "--check", whole).returncode == 0


@pytest.mark.parametrize("step", ["Mix: 10 % real", "join", None])
def test_whatever_joins_human_and_machine_text_is_a_mix_whatever_its_step_is_called(
    tmp_path, store, step
):
    parents = [
        store.find("originals"),
        add(store, [people(tmp_path, 3, "bots")], writers="machines"),
    ]
    make(store, [], Plan(share=0.2))
    about = About(name="mix", step=Step(name=step) if step else None)
    with pytest.raises(LimitExceeded, match="lacks 9 of the 9 texts"):
        derive(store, [people(tmp_path, 3, "bots")], parents=parents, about=about)


def test_the_laboratory_draws_its_real_texts_from_the_reserve(tmp_path):
    store = init(tmp_path / "store")
    add(store, [people(tmp_path, 400)], writers="people")
    make(store, [], Plan(share=0.5))
    corpus = tmp_path / "reserve.txt"
    assert write_texts(store, "reserve", corpus) == 200
    result = package.collapse(
        {
            "family": {"name": "ngram", "corpus": str(corpus)},
            "regime": {"name": "fixed-original", "share": 0.5},
            "generations": 1,
            "size": 500,
        }
    )
    assert result.plan.settings[0].regime.share == 0.5


def test_a_signed_folder_fails_after_one_changed_byte_or_one_more_file(tmp_path):
    pytest.importorskip("model_signing", reason="needs wellhead[lineage]")
    folder, key, signature = tmp_path / "f", tmp_path / "key.pem", tmp_path / "f.sig"
    three_generations(folder)
    public = new_folder_key(key)
    sign_folder(folder, key, signature)
    require_folder(folder, public, signature)
    (folder / ".git").mkdir()
    (folder / ".git" / "hidden").write_text("added")
    away = (folder / "gen1.jsonl").rename(tmp_path / "gen1.jsonl")
    with pytest.raises(BadInput, match=r"signed: \.git/hidden added; gen1\.jsonl missing$"):
        require_folder(folder, public, signature)
    away.rename(folder / "gen1.jsonl")
    (folder / ".git" / "hidden").unlink()
    file = folder / "people.jsonl"
    data = bytearray(file.read_bytes())
    data[7] ^= 1
    file.write_bytes(data)
    with pytest.raises(BadInput, match=r"not what was signed: people\.jsonl changed$"):
        require_folder(folder, public, signature)
    with pytest.raises(BadSetting, match="outside"):
        sign_folder(folder, key, folder / "inside.sig")


def test_the_command_line_goes_from_people_to_a_signed_export(tmp_path, wellhead):
    people(tmp_path)
    machine(tmp_path, "gen1")
    steps = (
        ("init", "store"),
        ("add", "store", "people.jsonl", "--writers", "people", "--licence", "CC0-1.0"),
        ("derive", "store", "gen1.jsonl", "--parent", "people", "--step", "generate"),
    )
    for step in steps[:2]:
        assert wellhead("lineage", *step).returncode == 0
    refused = wellhead("lineage", *steps[2])
    assert refused.returncode == 3
    assert "--model" in refused.stderr
    assert wellhead("lineage", *steps[2], "--model", "bigram").returncode == 0
    signed = wellhead("lineage", "sign", "store", "--new-key", "k.pem", "--out", "head.json")
    assert signed.returncode == 0, signed.stderr
    checked = ("verify", "store", "--head", "head.json", "--key", "k.pem.pub", "--json")
    found = json.loads(wellhead("lineage", *checked).stdout)
    assert found["intact"]
    assert found["heads"][0]["checked"]
    made = ("export", "store", "gen1", "--format", "cyclonedx")
    assert wellhead("lineage", *made, "--out", "bom.json").returncode == 0
    assert wellhead("lineage", *made, "--check", "bom.json").returncode == 0
    text = (tmp_path / "bom.json").read_text()
    (tmp_path / "bom.json").write_text(text.replace("bigram", "trigram"))
    assert wellhead("lineage", *made, "--check", "bom.json").returncode == 3
    shown = wellhead("lineage", "show", "store", "--out", "tree.html")
    assert "2 bodies of text, 1 generation deep" in " ".join(shown.stdout.split())
    assert "<svg" in (tmp_path / "tree.html").read_text()


def test_a_reserve_of_texts_whose_ids_are_in_another_column(tmp_path, wellhead):
    rows = [{"key": f"k{i}", "text": f"Person {i} wrote this."} for i in range(10)]
    write_rows(tmp_path / "a.jsonl", rows)
    init(tmp_path / "store")
    column = ("--id-column", "key")
    added = wellhead("lineage", "add", "store", "a.jsonl", "--writers", "people", *column)
    assert added.returncode == 0
    drawn = wellhead("lineage", "reserve", "store", *column)
    assert drawn.returncode == 0, drawn.stderr


def test_a_key_of_another_kind_and_a_link_are_named_and_not_taken_for_changes(tmp_path):
    pytest.importorskip("model_signing", reason="needs wellhead[lineage]")
    folder, key, signature = tmp_path / "f", tmp_path / "key.pem", tmp_path / "f.sig"
    folder.mkdir()
    people(folder)
    public = new_folder_key(key)
    sign_folder(folder, key, signature)
    other = new_key(tmp_path / "other.pem")
    with pytest.raises(BadInput, match="expected a public P-256 key"):
        require_folder(folder, other, signature)
    with pytest.raises(BadInput, match="expected a private P-256 key"):
        sign_folder(folder, public, tmp_path / "again.sig")
    (folder / "link").symlink_to(folder / "people.jsonl")
    with pytest.raises(BadInput, match="got a link"):
        sign_folder(folder, key, tmp_path / "again.sig")
    assert not (tmp_path / "again.sig").exists()
