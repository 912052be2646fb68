"""More than one question: fields, questions, conditions, and warm-ups that count as references."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from collect_helpers import Clock, Writer
from fastapi.testclient import TestClient
from sqlalchemy import update
from test_review import PASSWORD, sign_in

from wellhead.collect.answers import Record, load_records, settle
from wellhead.collect.create import new_study
from wellhead.collect.export.rows import row_of
from wellhead.collect.overview import overview
from wellhead.collect.review.accounts import add_user
from wellhead.collect.server import create_app
from wellhead.collect.server.host import Host, open_host
from wellhead.collect.store.models import Answer, Part
from wellhead.collect.study import Study, load_study
from wellhead.collect.verify import verify_study
from wellhead.errors import BadSetting

OUTLINE = """
[[fields]]
id = "outline"
title = "An outline"
instructions = "Note what you are going to write."
known_human = true
"""
QUESTIONS = """
[[questions]]
id = "age"
ask = "How old are you?"
at = "before"
required = false

[[questions]]
id = "help"
ask = "Did anything help you?"
kind = "choice"
options = ["nothing", "a dictionary"]

[[questions]]
id = "effort"
ask = "How hard was it?"
kind = "scale"
options = ["easy", "hard"]
points = 5
"""
PLAIN = """
[[conditions]]
id = "plain"
"""
HURRIED = """
[[conditions]]
id = "hurried"
instructions = "Be quick."
"""
TABLES = OUTLINE + QUESTIONS + PLAIN + HURRIED
GOOD = {"help": "nothing", "effort": "3"}


def asking(folder: Path, tables: str = TABLES, **options: Any) -> Study:
    study = new_study(folder, **options)
    with study.path.open("a") as stream:
        stream.write(tables)
    return load_study(study.path)


@pytest.fixture
def host(tmp_path: Path, clock: Clock) -> Iterator[Host]:
    host = open_host([asking(tmp_path / "demo")], clock=clock, secure=False)
    yield host
    host.store.close()


def outlined(writer: Writer, outline: Callable[[Any], None]) -> dict[str, Any]:
    """Begin, write the outline, and send what the page sends when the next text begins."""
    started = writer.start()
    outline(writer.pen)
    writer.send()
    writer.pen.begin("answer")
    writer.send()
    return started


def hand_in(writer: Writer, responses: dict[str, str]) -> Any:
    return writer.post("submit", {**writer.submission(), "responses": responses})


def records(host: Host) -> list[Record]:
    (study,) = host.studies.values()
    settle(host.store, study, host.keys[study.id], now_ms=host.now_ms)
    return host.store.read(lambda c: list(load_records(c, study.id)))


def test_every_text_and_answer_leaves_with_what_is_known_of_it(
    writer: Callable[..., Writer], host: Host
) -> None:
    """The outline is a known human text, for it was vouched for and typed."""
    ann = writer()
    started = outlined(ann, lambda pen: pen.type("First this, then that."))
    assert (started["at"]["phase"], started["task"]["fields"][0]["id"]) == ("outline", "outline")
    ann.pen.type("The answer itself.")
    ann.send()
    assert hand_in(ann, GOOD).status_code == 200
    [record] = records(host)
    row = row_of(record, "demo")
    assert (row["text"], row["outcome"]) == ("The answer itself.", "typed")
    assert row["parts"] == [
        {
            "name": "outline",
            "text": "First this, then that.",
            "outcome": "typed",
            "known_human": True,
        }
    ]
    assert {one["question"]: one["answer"] for one in row["responses"]} == GOOD
    assert row["condition"] in ("plain", "hurried")


def test_texts_that_were_not_asked_for_are_kept_nowhere(
    writer: Callable[..., Writer], host: Host
) -> None:
    """A browser that invents texts without end fills no disk with them."""
    ann = writer()
    ann.start()
    for name in ("outline", "mine", "mine-too", "answer"):
        ann.pen.begin(name)
        ann.pen.type("Words.")
        ann.send()
    hand_in(ann, GOOD)
    [record] = records(host)
    assert (record.parts, record.outcome) == ({"outline": "Words."}, "typed")


def test_a_pasted_outline_is_known_to_nobody(writer: Callable[..., Writer], host: Host) -> None:
    """Vouching for a field does not make pasted words human, nor does it taint the answer."""
    ann = writer()
    outlined(ann, lambda pen: pen.paste("Words that were made somewhere else altogether."))
    ann.pen.type("The answer itself.")
    ann.send()
    hand_in(ann, GOOD)
    [record] = records(host)
    [part] = row_of(record, "demo")["parts"]
    assert (part["outcome"], part["known_human"]) == ("pasted_outside", False)
    assert record.outcome == "typed"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"help": "nothing"}, "Please answer every question."),
        ({**GOOD, "effort": "6"}, "There is an answer that was not offered."),
        ({**GOOD, "shoe": "44"}, "There is an answer to a question that was not asked."),
    ],
)
def test_answers_that_were_not_offered_are_refused(
    writer: Callable[..., Writer], given: dict[str, str], says: str
) -> None:
    """The text stays, and the same submission with good answers is taken."""
    ann = writer()
    outlined(ann, lambda pen: pen.type("Short."))
    ann.pen.type("The answer.")
    ann.send()
    refused = hand_in(ann, given)
    assert (refused.status_code, refused.json()["message"]) == (422, says)
    assert hand_in(ann, GOOD).json()["complete"]


def test_a_text_that_was_handed_in_without_a_recording_is_kept_and_bound(
    writer: Callable[..., Writer], host: Host
) -> None:
    """It counts as no person's, the submission is incomplete, and a change of it is found."""
    ann = writer()
    outlined(ann, lambda pen: pen.type("Short."))
    ann.pen.type("The answer.")
    ann.send()
    texts = {"outline": "Short, and then more.", "mine": "not asked for", "answer": "Other."}
    answer = ann.post("submit", {**ann.submission(), "responses": GOOD, "texts": texts})
    assert (answer.status_code, answer.json()["complete"]) == (200, False)
    [record] = records(host)
    assert (record.text, record.parts) == ("The answer.", {"outline": texts["outline"]})
    [part] = record.derived["parts"]
    assert (part["outcome"], part["known_human"]) == ("incomplete_log", False)
    assert verified(host) == []
    host.store.write(lambda c: c.execute(update(Part).values(text="Forged.")))
    assert "the text outline is not the one that was handed in" in verified(host)


def test_texts_that_the_recording_brought_leave_a_submission_complete(
    writer: Callable[..., Writer], host: Host
) -> None:
    """Said again by the page they change nothing."""
    ann = writer()
    outlined(ann, lambda pen: pen.type("Short."))
    ann.pen.type("The answer.")
    ann.send()
    texts = {"outline": "Short.", "answer": "The answer."}
    answer = ann.post("submit", {**ann.submission(), "responses": GOOD, "texts": texts})
    [record] = records(host)
    assert (answer.json()["complete"], record.parts) == (True, {"outline": "Short."})
    assert record.derived["parts"][0]["known_human"]
    assert verified(host) == []


@pytest.mark.parametrize("how", ["never opened", "erased again"])
def test_an_optional_field_may_stay_empty_and_leaves_as_an_empty_text(
    tmp_path: Path, clock: Clock, how: str
) -> None:
    """Nothing is concluded of it, the answer is whole, and the chain holds that it was empty."""
    aside = '\n[[fields]]\nid = "aside"\ninstructions = "Anything else?"\noptional = true\n'
    study = asking(tmp_path / "demo", OUTLINE + "optional = true\nmin_words = 3\n" + aside)
    host = open_host([study], clock=clock, secure=False)
    ann = Writer(TestClient(create_app(host)))
    ann.start()
    if how == "erased again":
        ann.pen.type("No")
        ann.pen.erase(2)
    ann.send()
    ann.pen.begin("answer")
    ann.pen.type("The answer itself.")
    ann.send()
    texts = {"aside": "", "outline": "", "answer": "The answer itself."}
    answer = ann.post("submit", {**ann.submission(), "texts": texts})
    assert answer.json()["complete"]
    [record] = records(host)
    row = row_of(record, "demo")
    empty = {"name": "outline", "text": "", "outcome": None, "known_human": False}
    # In the order of the study, whatever the names.
    assert (row["parts"], row["outcome"]) == ([empty, empty | {"name": "aside"}], "typed")
    host.store.write(lambda c: add_user(c, "ann", PASSWORD, "demo", "viewer", now_ms=0))
    assert "(left empty)" in sign_in(host).get(f"/review/s/demo/a/{ann.sid}").text
    assert verified(host) == []
    host.store.write(lambda c: c.execute(update(Part).values(text="Forged.")))
    assert "the text outline is not the one that was handed in" in verified(host)
    host.store.close()


def verified(host: Host) -> list[str]:
    (study,) = host.studies.values()
    found = host.store.read(lambda c: verify_study(c, study, host.keys[study.id]))
    return [one.problem for one in found.breaks]


def test_changed_answers_to_questions_are_found(writer: Callable[..., Writer], host: Host) -> None:
    """The chain binds them with the text."""
    ann = writer()
    outlined(ann, lambda pen: pen.type("Short."))
    ann.pen.type("The answer.")
    ann.send()
    hand_in(ann, GOOD)
    records(host)
    (study,) = host.studies.values()

    def breaks() -> list[str]:
        keys = host.keys[study.id]
        found = host.store.read(lambda c: verify_study(c, study, keys))
        return [str(one) for one in found.breaks]

    assert breaks() == []
    host.store.write(
        lambda c: c.execute(
            Answer.__table__.update().values(responses='{"effort":"1","help":"nothing"}')
        )
    )
    assert any("answers to the questions" in problem for problem in breaks())


def test_conditions_are_even_and_drawn_by_the_seed(tmp_path: Path, clock: Clock) -> None:
    """Weights hold, the same seed draws the same, others differ, a person keeps theirs."""
    drawn = {}
    for place, seed in enumerate((1, 1, 2, 3, 4)):
        tables = TABLES.replace('id = "hurried"', 'id = "hurried"\nweight = 3')
        study = asking(tmp_path / f"demo{place}", tables)
        text = study.path.read_text().replace("# seed = 0", f"seed = {seed}")
        study.path.write_text(text)
        host = open_host([load_study(study.path)], clock=clock, secure=False)
        client = TestClient(create_app(host))
        got = []
        for number in range(12):
            one = Writer(client, study.id, query=f"?worker=w{number}")
            got.append(one.start()["task"]["instructions"] == "Be quick.")
        assert Counter(got) == {True: 9, False: 3}
        again = Writer(client, study.id, query="?worker=w0")
        assert (again.start()["task"]["instructions"] == "Be quick.") == got[0]
        host.store.close()
        drawn.setdefault(seed, []).append(got)
    assert drawn[1][0] == drawn[1][1]
    assert any(drawn[seed][0] != drawn[1][0] for seed in (2, 3, 4))


def test_the_dashboard_shows_each_condition_and_leads_to_its_answers(
    writer: Callable[..., Writer], host: Host
) -> None:
    """How many answers, how many with foreign text, and an interval."""
    for number in range(6):
        ann = writer(query=f"?worker=w{number}")
        hurried = ann.start()["task"]["instructions"] == "Be quick."
        ann.pen.begin("answer")
        ann.pen.paste("Made elsewhere, all of it.") if hurried else ann.pen.type("My own words.")
        ann.send()
        hand_in(ann, GOOD)
    records(host)
    (study,) = host.studies.values()
    arms = host.store.read(lambda c: overview(c, study)).conditions
    assert {name: (arm.answers, arm.foreign.count) for name, arm in arms.items()} == {
        "plain": (3, 0),
        "hurried": (3, 3),
    }
    host.store.write(lambda c: add_user(c, "ann", PASSWORD, "demo", "viewer", now_ms=0))
    seen = sign_in(host)
    page = seen.get("/review/s/demo").text
    assert re.search(r"condition=hurried.*?3 of 3.*?44 % to 100 %", page, re.DOTALL)
    chosen = seen.get("/review/s/demo/answers?condition=hurried").text
    assert "3 answers in this selection" in chosen
    assert "My own words" not in chosen


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('[[questions]]\nid = "a"\nask = "?"\nkind = "chioce"', "did you mean"),
        ('[[questions]]\nid = "a"\nask = "?"\nkind = "choice"\noptions = ["x"]', "two options"),
        ('[[questions]]\nid = "a"\nask = "?"\nkind = "scale"', "names of its ends"),
        ('[[questions]]\nid = "a"\nask = 7', "expected text in quotes"),
        ('[[questions]]\nid = "a"\nask = " "', "ask: must not be empty"),
        ('[[questions]]\nid = "a"\nask = "?"\noptions = ["x", "y"]', "belong to kind = 'choice'"),
        ('[[questions]]\nid = "a"\nask = "?"\nkind = "choice"\noptions = ["", "y"]', "none may"),
        ('[[fields]]\nid = "a"\ninstructions = ""', "instructions: must not be empty"),
        ('[[fields]]\nid = "a"\ninstructions = "x"\nmin_words = 60000', "do not fit into"),
        ('[[fields]]\nid = "answer"\ninstructions = "x"', "neither"),
        ('[[fields]]\nid = "a"', "needs `instructions`"),
        (
            '[[fields]]\nid = "a"\ninstructions = "x"\noptional = 1',
            "optional: expected true or false",
        ),
        ('[[conditions]]\nid = "a"\nweight = 0', "1 to 1000"),
        ('[[conditions]]\nid = "a"\nwieght = 1', "did you mean"),
    ],
)
def test_a_table_that_makes_no_sense_is_answered_with_what_would(
    tmp_path: Path, table: str, says: str
) -> None:
    """Before anybody sees the study."""
    with pytest.raises(BadSetting, match=f"(?i){says}"):
        asking(tmp_path / "demo", f"\n{table}\n")
