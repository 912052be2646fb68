"""Samplers and beams of the transformer family against computations of their own."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from wellhead.recursion.families.transformer.memorization import longest_shared
from wellhead.recursion.samplers import Beam, RepetitionPenalty, TopP, Unbiased

torch = pytest.importorskip("torch", reason="needs wellhead[lm]")
transformers = pytest.importorskip("transformers", reason="needs wellhead[lm]")

from wellhead.recursion.families.transformer.generation import continued  # noqa: E402
from wellhead.recursion.families.transformer.sampling import Narrowing, draw  # noqa: E402


def network(tokens: int, seed: int = 0):
    """A tiny random network whose next-token laws are far from uniform."""
    torch.manual_seed(seed)
    config = transformers.MistralConfig(
        vocab_size=tokens,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=64,
        sliding_window=8,
        initializer_range=0.7,
    )
    return transformers.MistralForCausalLM(config).eval()


def plain_law(logits: list[float], seen: list[int], how: Narrowing) -> np.ndarray:
    """The narrowed law, step by step as its definition says, in plain Python."""
    changed = [
        (x / how.penalty if x > 0 else x * how.penalty) if token in seen else x
        for token, x in enumerate(logits)
    ]
    top = max(changed)
    weights = [math.exp((x - top) / how.temperature) for x in changed]
    ranked = sorted(range(len(weights)), key=lambda token: -weights[token])
    if how.k:
        ranked = ranked[: how.k]
    total, held, kept = sum(weights[token] for token in ranked), 0.0, []
    for token in ranked:
        if held / total < how.p:
            kept.append(token)
            held += weights[token]
    return np.array([weights[t] / held if t in kept else 0.0 for t in range(len(weights))])


NARROWINGS = [
    Narrowing(),
    Narrowing(temperature=0.5),
    Narrowing(temperature=1.7),
    Narrowing(k=5),
    Narrowing(p=0.8),
    Narrowing(k=20, p=0.6, temperature=0.8),
    Narrowing(penalty=1.5),
    Narrowing(penalty=2.0, p=0.9),
]


@pytest.mark.parametrize("how", NARROWINGS, ids=str)
@pytest.mark.parametrize("flat", [False, True])
def test_drawn_tokens_follow_the_narrowed_law(how, flat):
    """Uniform numbers on a fine grid give every token its share, in peaked and flat laws."""
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 0.01 if flat else 2.0, 300)
    count = 20_000
    grid = torch.tensor((np.arange(count) + 0.5) / count, dtype=torch.float32)
    rows = torch.tensor(logits, dtype=torch.float32).expand(count, -1)
    seen = torch.tensor(rng.integers(0, 300, 40)).expand(count, -1)
    drawn = draw(rows, seen, grid, how).numpy()
    expected = plain_law(rows[0].tolist(), seen[0].tolist(), how)
    assert np.bincount(drawn, minlength=300) / count == pytest.approx(expected, abs=3e-4)


def test_the_largest_uniform_number_never_leaves_the_nucleus():
    rows = torch.tensor(np.random.default_rng(0).normal(0, 3, (500, 200)), dtype=torch.float32)
    uniform = torch.full((500,), float(np.nextafter(np.float32(1), np.float32(0))))
    seen = torch.zeros((500, 1), dtype=torch.long)
    for how in NARROWINGS:
        drawn = draw(rows, seen, uniform, how)
        for row, token in zip(rows, drawn.tolist(), strict=True):
            assert plain_law(row.tolist(), [0], how)[token] > 0


def log_probability(model, prompt: list[int], blocks: list[tuple[int, ...]]) -> list[float]:
    """Of each of the blocks after the prompt, all in one pass without a cache."""
    tokens = torch.tensor([[*prompt, *block] for block in blocks])
    with torch.inference_mode():
        logits = model(input_ids=tokens, use_cache=False).logits[:, len(prompt) - 1 : -1]
    chosen = tokens[:, len(prompt) :, None]
    found = torch.log_softmax(logits, -1).gather(2, chosen)[..., 0].sum(1)
    return [float(each) for each in found]


def test_beams_wide_enough_find_the_most_probable_block_of_all():
    """Every block of 4 of 5 tokens, scored one by one, against a search with 125 beams."""
    model = network(5)
    for prompt in ([0, 1, 2], [4, 4, 1]):
        every = list(itertools.product(range(5), repeat=4))
        best = every[int(np.argmax(log_probability(model, prompt, every)))]
        found = continued(model, np.array([prompt]), 4, Beam(width=125), np.random.default_rng(0))
        assert tuple(found[0].tolist()) == best


def plain_beams(model, prompt: list[int], length: int, width: int) -> tuple[int, ...]:
    """Beam search without a cache and without batches."""
    beams: list[tuple[int, ...]] = [()]
    for _ in range(length):
        longer = [(*block, token) for block in beams for token in range(model.config.vocab_size)]
        scores = log_probability(model, prompt, longer)
        beams = [longer[place] for place in np.argsort(scores)[::-1][:width]]
    return beams[0]


@pytest.mark.parametrize("width", [1, 2, 5])
def test_a_beam_setting_follows_so_many_beams(width):
    model, prompts = network(7, seed=2), np.array([[1, 2], [3, 4], [6, 0]])
    found = continued(model, prompts, 6, Beam(width=width), np.random.default_rng(0))
    for row, prompt in enumerate(prompts.tolist()):
        assert tuple(found[row]) == plain_beams(model, prompt, 6, width)


def test_more_beams_find_blocks_at_least_as_probable_on_average():
    model = network(30, seed=5)
    prompts = np.random.default_rng(0).integers(0, 30, (24, 4))
    totals = []
    for width in (1, 4, 16):
        found = continued(model, prompts, 8, Beam(width=width), np.random.default_rng(0))
        pairs = zip(prompts.tolist(), found.tolist(), strict=True)
        totals.append(sum(log_probability(model, prompt, [block])[0] for prompt, block in pairs))
    assert totals[0] < totals[1] < totals[2]


def test_cached_batches_write_what_one_row_without_a_cache_writes():
    model, prompts = network(40), np.random.default_rng(1).integers(0, 40, (6, 10))
    for sampler in (Unbiased(), TopP(p=0.7), RepetitionPenalty(penalty=1.5)):
        found = continued(model, prompts, 12, sampler, np.random.default_rng(9))
        uniform = np.random.default_rng(9).random((6, 12), dtype=np.float32)
        for row in range(6):
            text = prompts[row].tolist()
            for step in range(12):
                tokens = torch.tensor([text])
                with torch.inference_mode():
                    logits = model(input_ids=tokens, use_cache=False).logits[:, -1]
                chance = torch.tensor(uniform[row, step : step + 1])
                text.append(int(draw(logits, tokens, chance, Narrowing.of(sampler))[0]))
            assert found[row].tolist() == text[10:]


@pytest.mark.parametrize("kind", ["gpt2", "opt", "llama"])
def test_bases_of_other_kinds_write_with_a_cache_and_with_beams_as_without(kind):
    shape = {"vocab_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2}
    configs = {
        "gpt2": lambda: transformers.GPT2Config(vocab_size=20, n_embd=16, n_layer=2, n_head=2),
        "opt": lambda: transformers.OPTConfig(
            **shape, hidden_size=16, ffn_dim=32, word_embed_proj_dim=16, init_std=0.5
        ),
        "llama": lambda: transformers.LlamaConfig(
            **shape, hidden_size=16, intermediate_size=32, initializer_range=0.5
        ),
    }
    torch.manual_seed(3)
    model = transformers.AutoModelForCausalLM.from_config(configs[kind]()).eval()
    prompts = np.random.default_rng(1).integers(3, 20, (4, 6))
    beams = continued(model, prompts, 5, Beam(width=3), np.random.default_rng(0))
    drawn = continued(model, prompts, 5, TopP(p=0.9), np.random.default_rng(9))
    uniform = np.random.default_rng(9).random((4, 5), dtype=np.float32)
    for row, prompt in enumerate(prompts.tolist()):
        assert tuple(beams[row]) == plain_beams(model, prompt, 5, 3)
        text = list(prompt)
        for step in range(5):
            tokens = torch.tensor([text])
            with torch.inference_mode():
                logits = model(input_ids=tokens, use_cache=False).logits[:, -1]
            chance = torch.tensor(uniform[row, step : step + 1])
            text.append(int(draw(logits, tokens, chance, Narrowing(p=0.9))[0]))
        assert drawn[row].tolist() == text[6:]


def test_equally_likely_tokens_fill_a_nucleus_in_their_order():
    """Four equals of a quarter each and p = 0.5: the first two stay, as in the plain law."""
    rows = torch.zeros((1000, 4))
    seen = torch.zeros((1000, 1), dtype=torch.long)
    grid = (torch.arange(1000) + 0.5) / 1000
    for how, expected in ((Narrowing(p=0.5), 2), (Narrowing(k=3), 3), (Narrowing(k=1), 1)):
        drawn = draw(rows, seen, grid, how)
        assert np.bincount(drawn.numpy(), minlength=4).tolist() == pytest.approx(
            [1000 / expected] * expected + [0] * (4 - expected), abs=1
        )


def test_the_longest_shared_stretch_is_that_of_a_plain_search():
    rng = np.random.default_rng(8)
    known, blocks = rng.integers(0, 4, (30, 20)), rng.integers(0, 4, (25, 20))
    blocks[3], blocks[7, 2:15] = known[5], known[11, 4:17]

    def shared(block: np.ndarray) -> int:
        windows = {tuple(row[a:b]) for row in known for a in range(20) for b in range(a + 1, 21)}
        spans = itertools.combinations(range(21), 2)
        return max((b - a for a, b in spans if tuple(block[a:b]) in windows), default=0)

    assert longest_shared(blocks, known).tolist() == [shared(block) for block in blocks]
