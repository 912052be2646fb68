"""STUDY.toml and the task list: every mistake is answered with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from collect_helpers import edit

from wellhead.collect.create import new_study
from wellhead.collect.keys import Keys, load_keys
from wellhead.collect.study import Study, load_study
from wellhead.collect.tasks import read_tasks
from wellhead.errors import BadInput, BadSetting


def test_a_new_study_is_valid_and_its_secret_is_private(study: Study) -> None:
    """What `collect new` writes can be served as it is."""
    assert [task.id for task in study.tasks] == ["street", "meal", "tool"]
    assert study.key_path.stat().st_mode & 0o777 == 0o600
    assert load_keys(study.key_path, study.id).study == "demo"


def test_every_commented_default_is_the_default(study: Study) -> None:
    """Uncommenting the template changes nothing, so its comments are true."""
    text = study.path.read_text()
    lines = [
        line[2:] if line.startswith("# ") and " = " in line and "completion" not in line else line
        for line in text.splitlines()
    ]
    study.path.write_text("\n".join(lines))
    assert load_study(study.path) == study


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('title = "A test', 'titel = "A test', "did you mean 'title'"),
        ("[writing]", "[writting]", "did you mean 'writing'"),
        ('version = "1" ', "version = 1 ", "expected text in quotes"),
        ('# privacy = "process"', 'privacy = "proces"', "did you mean 'process'"),
        ("# min_words = 0", "min_words = -1", "expected 0 to"),
        ("# min_words = 0", "min_words = true", "expected a whole number"),
        ("# require_token = false", "require_token = true", "only with platform = 'prolific'"),
        ('id = "demo"', 'id = "De mo"', "lower-case"),
        ('file = "tasks.csv"', "", "needs `file`"),
        ("# frame_ancestors = []", 'frame_ancestors = ["evil; x"]', "expected origins"),
    ],
)
def test_a_mistake_in_the_file_is_named(study: Study, old: str, new: str, words: str) -> None:
    """The message says where, what was expected and what came."""
    text = study.path.read_text()
    assert old in text
    study.path.write_text(text.replace(old, new, 1))
    with pytest.raises(BadSetting, match=words.replace("(", r"\(")):
        load_study(study.path)


def test_a_missing_secret_stops_the_server(study: Study) -> None:
    """There is no default secret to fall back on."""
    study.key_path.unlink()
    with pytest.raises(BadSetting, match="secret is missing"):
        load_keys(study.key_path, study.id)


@pytest.mark.parametrize("secret", ["", "00" * 32, "short", "zz" * 32])
def test_a_weak_secret_is_refused(study: Study, secret: str) -> None:
    """Only 64 random hex digits will do."""
    study.key_path.write_text(secret)
    with pytest.raises(BadSetting, match="random hex"):
        load_keys(study.key_path, study.id)


def test_pseudonyms_are_stable_within_and_unlinkable_across_studies() -> None:
    """One worker has one name in a study and another name in the next."""
    secret = bytes(range(32))
    one, other = Keys(secret, "one"), Keys(secret, "two")
    assert one.pseudonym("prolific", "w") == Keys(secret, "one").pseudonym("prolific", "w")
    assert one.pseudonym("prolific", "w") != other.pseudonym("prolific", "w")


def test_an_existing_study_is_never_overwritten(study: Study) -> None:
    """`collect new` twice in one folder stops."""
    with pytest.raises(BadSetting, match="exists already"):
        new_study(study.path.parent)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", "id,text\na,x\na,y\n", "appears twice"),
        ("t.csv", "id,body\na,x\n", "no text in column 'text'; has id, body"),
        ("t.csv", "id,text\n", "no tasks"),
        ("t.jsonl", '{"text": 3}\n', "no text in column"),
        ("t.jsonl", "[1]\n", "one JSON object a line"),
        ("t.txt", "x", "ends in .csv or .jsonl"),
    ],
)
def test_an_unusable_task_list_is_named(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    """Each way in which a list can be wrong has its message."""
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=words.replace(".", r"\.")):
        read_tasks(tmp_path / name)


def test_two_codes_route_incomplete_recordings(study: Study) -> None:
    """Lists of codes are read as they stand."""
    text = study.path.read_text().replace(
        "# completion_codes = []", 'completion_codes = ["A", "B"]'
    )
    study.path.write_text(text)
    assert load_study(study.path).entry.completion_codes == ("A", "B")


def test_settings_can_be_switched_on(study: Study) -> None:
    """A default that is uncommented and changed takes effect."""
    assert edit(study, answers_per_task="3").answers_per_task == 3
