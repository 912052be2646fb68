"""What chat programs export of an account: both sides are read, and which is meant is asked."""

from __future__ import annotations

import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.corpus import open_corpus
from wellhead.corpus.chats import exchanges, is_conversation
from wellhead.errors import BadSetting

from .awkward import prose, task


def node(id, children, role=None, *parts, kind="text", **more):
    message = {
        "id": id,
        "author": {"role": role},
        "create_time": 1.7e9,
        "content": {"content_type": kind, "parts": list(parts)},
        "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
        "recipient": "all",
        **more,
    }
    return {"id": id, "message": message if role else None, "children": children}


def chatgpt(n):
    """Two questions: the first answered twice, the second after a search and some thinking."""
    nodes = [
        node("root", ["s"]),
        node("s", ["u"], "system", "You are kind."),
        node("u", ["a", "b"], "user", {"asset_pointer": "a picture"}, task(n)),
        node("a", ["v"], "assistant", prose(n)),
        node("b", [], "assistant", prose(n + 100)),
        node("v", ["t"], "user", task(n + 50)),
        node("t", ["x"], "assistant", "search('mill')", recipient="browser"),
        node("x", ["y"], "tool", "A page about mills."),
        node("y", ["c"], "assistant", "Hm.", kind="thoughts"),
        node("c", ["d"], "assistant", prose(n + 200)),
        node("d", [], "assistant", prose(n + 300)),
    ]
    return {"title": f"Chat {n}", "mapping": {each["id"]: each for each in nodes}}


def claude(n):
    thought = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": prose(n)}]
    return {
        "uuid": f"c{n}",
        "name": f"Chat {n}",
        "chat_messages": [
            {"uuid": f"q{n}", "sender": "human", "text": task(n), "content": []},
            {"uuid": f"a{n}", "sender": "assistant", "text": "", "content": thought},
            {"uuid": f"b{n}", "sender": "assistant", "text": prose(n + 100)},
        ],
    }


SIDES = {
    "chatgpt": (
        chatgpt,
        lambda n: [prose(n), prose(n + 100), f"{prose(n + 200)}\n\n{prose(n + 300)}"],
        lambda n: [task(n), task(n + 50)],
    ),
    "claude": (claude, lambda n: [prose(n), prose(n + 100)], lambda n: [task(n)]),
}


def texts(source, column):
    return open_corpus(source, text_column=column).table()["text"].to_pylist()


@pytest.mark.parametrize("program", SIDES)
@pytest.mark.parametrize("form", ["array", "lines", "one", "objects"])
def test_an_export_asks_whose_texts_are_meant_and_reads_each_side(program, form, tmp_path):
    make, told, asked = SIDES[program]
    chats = [make(n) for n in range(1 if form == "one" else 30)]
    path = tmp_path / "export.json"
    path.write_text("\n".join(map(json.dumps, chats)) if form == "lines" else json.dumps(chats))
    if form == "one":
        path.write_text(json.dumps(chats[0], indent=1))
    source = chats if form == "objects" else path
    with pytest.raises(BadSetting, match="--text-column 'assistant' or --text-column 'user'"):
        open_corpus(source)
    numbers = range(len(chats))
    assert texts(source, "assistant") == [text for n in numbers for text in told(n)]
    assert texts(source, "user") == [text for n in numbers for text in asked(n)]
    assert any("export of chats" in note for note in open_corpus(path, text_column="user").notes)


def test_the_archive_of_an_account_is_read_by_its_chats_alone(tmp_path):
    path = tmp_path / "account.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("conversations-000.json", json.dumps([chatgpt(n) for n in range(20)]))
        archive.writestr("conversations-001.json", json.dumps([chatgpt(20)]))
        archive.writestr("user.json", '{"id": "x", "email": "ann@example.org"}')
        archive.writestr("message_feedback.json", "[]")
        archive.writestr("chat.html", "<html>the same once more</html>")
    corpus = open_corpus(path, text_column="assistant")
    assert corpus.census.documents == 3 * 21
    assert any("3 files of account.zip are not read" in note for note in corpus.notes)


def test_batches_of_long_chats_stay_within_their_size(tmp_path):
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([chatgpt(n) for n in range(20)]))
    corpus = open_corpus(path, text_column="assistant")
    assert max(batch.num_rows for batch in corpus.batches(7)) <= 7


@pytest.mark.parametrize(("column", "model"), [("role", "assistant"), ("from", "gpt")])
def test_a_log_of_messages_says_that_both_sides_are_in_it(column, model):
    rows = [{column: ("user", model)[n % 2], "content": prose(n)} for n in range(40)]
    told = [note for note in open_corpus(rows).notes if "both sides" in note]
    assert f"--where '`{column}` == \"{model}\"'" in told[0]
    kept = open_corpus(rows, where=f'`{column}` == "{model}"')
    assert kept.census.documents == 20
    assert not [note for note in kept.notes if "both sides" in note]


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["a", "b", "user", "text"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "children", "content", "parts", "author", "role", "sender", "text"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("abc"), ANYTHING, max_size=3), st.lists(ANYTHING))
def test_whatever_a_tree_or_list_holds_it_becomes_rows_or_is_no_conversation(tree, turns):
    for value in ({"mapping": tree}, {"chat_messages": turns}):
        if is_conversation(value):
            assert all(row.keys() >= {"user", "assistant"} for row in exchanges(value))
