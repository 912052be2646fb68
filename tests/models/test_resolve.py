"""What a MODEL argument means, without loading a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from wellhead.errors import BadInput, BadSetting
from wellhead.models.resolve import default_models, generations, resolve
from wellhead.recursion import make_plan
from wellhead.recursion.folder import Folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A finished run of two settings whose second cell kept generations 0, 1 and 2."""
    folder = Folder.create(
        tmp_path / "lm", make_plan("lm-quick", changes={"seeds": 1, "generations": 2})
    )
    for cell in folder.cells()[:2]:
        for number in (1, 2, 3):
            model = folder.generations(cell) / f"{number:04d}" / "model"
            model.mkdir(parents=True)
            (model / "config.json").write_text("{}")
    return folder.path


def test_a_run_stands_for_its_last_generation_and_a_number_for_another(run: Path):
    last, first = resolve(str(run)), resolve(f"{run}@0")
    assert last.origin
    assert first.origin
    assert (first.origin.number, last.origin.number) == (0, 2)
    assert first.name == "lm/000-replace-narrow-00@0"
    assert first.path.endswith("0001/model")
    assert resolve(f"{run}@last") == last
    assert [found.origin.number for found in generations(str(run)) if found.origin] == [0, 1, 2]


def test_another_cell_or_one_generation_is_named_by_its_folder(run: Path):
    cell = run / "generations" / "001-replace-unbiased-00"
    assert resolve(f"{cell}@1").name == "lm/001-replace-unbiased-00@1"
    assert resolve(str(cell / "0002")).name == "lm/001-replace-unbiased-00@1"
    assert resolve(str(cell / "0002" / "model")).name == "lm/001-replace-unbiased-00@1"


def test_a_generation_that_was_not_kept_is_told_with_those_that_were(run: Path):
    with pytest.raises(BadInput, match=r"not kept. There are: 0, 1, 2"):
        resolve(f"{run}@7")


def test_a_folder_a_gguf_file_an_endpoint_and_a_hub_name_are_told_apart(tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    assert resolve(str(tmp_path)).kind == "checkpoint"
    gguf = resolve(str(tmp_path / "small.gguf"))
    assert (gguf.kind, gguf.name, gguf.place().gguf) == ("gguf", "small", "small.gguf")
    remote = resolve("http://127.0.0.1:8000/v1#tiny")
    assert (remote.kind, remote.name) == ("remote", "tiny")
    assert resolve("organisation/name").kind == "checkpoint"
    assert resolve("scripted:echo").path == "echo"


def test_what_is_not_there_is_an_error_that_names_the_forms(tmp_path: Path):
    with pytest.raises(BadInput, match="Expected a run folder"):
        resolve(str(tmp_path / "nothing"))
    with pytest.raises(BadInput, match="Expected a run folder"):
        resolve(str(tmp_path / "nothing.gguf"))
    with pytest.raises(BadInput, match=r"without run.json or config.json. Expected a run folder"):
        resolve(str(tmp_path))
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(BadInput, match=r"does not end in .gguf is there"):
        resolve(str(tmp_path / "notes.txt"))


def test_a_run_that_kept_no_model_says_how_runs_keep_them(tmp_path: Path):
    folder = Folder.create(tmp_path / "lm", make_plan("lm-quick"))
    (folder.generations(folder.cells()[0]) / "0001").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"keep_models=true"):
        resolve(str(folder.path))


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(BadSetting, match="WELLHEAD_API_KEY") as refused:
        resolve("http://user:secret@127.0.0.1/v1")
    assert "secret" not in str(refused.value)


def test_with_no_model_the_generations_of_the_run_come_first(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    Path("runs").mkdir()
    run.rename("runs/lm-quick")
    numbers = [found.origin and found.origin.number for found in default_models()]
    assert numbers[:2] == [0, 2]


def test_with_no_model_and_none_installed_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wellhead.models.resolve.DEFAULT", "absent")
    with pytest.raises(BadInput, match=r"pip install llm-absent"):
        default_models()
