"""What several answers share is read once, and every figure stays lm-eval's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("lm_eval", reason="needs wellhead[evaluate]")
import transformers
from lm_eval.models.huggingface import HFLM
from tiny_models import TEXT, tiny_model

from wellhead.capability.asking import asked_for
from wellhead.capability.network import Network

WORDS = TEXT[0].split()


def network(folder, *, slides: bool = False) -> Network:
    tiny_model(folder, slides=slides)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return Network(pretrained=model, tokenizer=tokenizer, batch_size=16)


def questions() -> list[Any]:
    """Contexts of one to twelve words, with one to five ends of one to four words each."""
    rng = np.random.default_rng(5)

    def drawn(most: int) -> str:
        return " ".join(rng.choice(WORDS, rng.integers(1, most)))

    contexts = [drawn(13) for _ in range(25)]
    return [
        asked_for(context, " " + drawn(5))
        for context in contexts
        for _ in range(rng.integers(1, 6))
    ]


def literal(model: Network, asked: list[Any]) -> list[tuple[float, bool]]:
    plain = HFLM(pretrained=model.model, tokenizer=model.tokenizer, batch_size=16)
    return plain.loglikelihood(asked, disable_tqdm=True)


@pytest.mark.parametrize("slides", [False, True])
def test_figures_are_those_of_lm_eval_with_less_to_read(tmp_path, slides):
    model, asked = network(tmp_path, slides=slides), questions()
    read = []
    model.model.register_forward_pre_hook(
        lambda _, inputs: read.append(inputs[0].numel()), with_kwargs=False
    )
    shared = model.loglikelihood(asked, disable_tqdm=True)
    once = sum(read)
    read.clear()
    expected = literal(model, asked)
    assert once < 0.6 * sum(read)
    assert [found for found, _ in shared] == pytest.approx([cost for cost, _ in expected], rel=1e-4)
    assert [greedy for _, greedy in shared] == [greedy for _, greedy in expected]


def test_what_the_network_would_write_itself_is_seen_as_such(tmp_path):
    """The second token of an end counts as well as the first."""
    model = network(tmp_path)
    start = model.tokenizer("the state of", return_tensors="pt")
    written = model.model.generate(**start, max_new_tokens=3, do_sample=False, eos_token_id=None)
    tokens = written[0, start["input_ids"].shape[1] :].tolist()
    first = start["input_ids"][0].tolist()
    other = [*tokens[:2], (tokens[2] + 1) % 250]
    ends = [(None, first, tokens), (None, first, other), (None, first, tokens[:1])]
    assert [greedy for _, greedy in model._loglikelihood_tokens(ends)] == [True, False, True]


def test_a_network_that_forgets_what_it_read_is_asked_in_full(tmp_path, monkeypatch):
    model, asked = network(tmp_path), questions()
    original = model.model.forward

    def forgetting(*inputs, past_key_values=None, use_cache=None, logits_to_keep=0, **more):
        return original(*inputs, use_cache=True, logits_to_keep=logits_to_keep, **more)

    monkeypatch.setattr(model.model, "forward", forgetting)
    found = model.loglikelihood(asked, disable_tqdm=True)
    assert found == literal(model, asked)


def test_a_question_longer_than_the_network_sees_is_cut_as_lm_eval_cuts_it(tmp_path):
    model = network(tmp_path)
    asked = [asked_for("the people " * 400, " of the union"), *questions()[:6]]
    found = model.loglikelihood(asked, disable_tqdm=True)
    assert found == literal(model, asked)
