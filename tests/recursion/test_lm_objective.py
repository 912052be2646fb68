"""The loss that fits minimise, against that of transformers, gradients included."""

from __future__ import annotations

import numpy as np
import pytest

from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.training import Recipe, train

torch = pytest.importorskip("torch", reason="needs wellhead[lm]")
transformers = pytest.importorskip("transformers", reason="needs wellhead[lm]")

TOKENS = 50
SHAPE = {"vocab_size": TOKENS, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
ENDS = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}


def network(kind: str):
    torch.manual_seed(0)
    makers = {
        "mistral": lambda: transformers.MistralConfig(
            **SHAPE, **ENDS, intermediate_size=32, num_key_value_heads=2, tie_word_embeddings=True
        ),
        "llama": lambda: transformers.LlamaConfig(
            **SHAPE, **ENDS, intermediate_size=32, num_key_value_heads=1
        ),
        "gpt2": lambda: transformers.GPT2Config(
            vocab_size=TOKENS, n_embd=16, n_layer=2, n_head=2, **ENDS
        ),
        # Hidden states are made wider before the head.
        "opt": lambda: transformers.OPTConfig(
            **SHAPE, **ENDS, ffn_dim=32, word_embed_proj_dim=8, max_position_embeddings=64
        ),
        # Logits are bent after the head.
        "gemma2": lambda: transformers.Gemma2Config(
            **SHAPE,
            **ENDS,
            intermediate_size=32,
            num_key_value_heads=1,
            head_dim=8,
            final_logit_softcapping=0.5,
        ),
    }
    return transformers.AutoModelForCausalLM.from_config(makers[kind]()).eval()


def blocks(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(1, TOKENS, (count, 24))


def gradients(model, loss) -> list:
    model.zero_grad()
    loss.backward()
    return [each.grad.clone() for each in model.parameters()]


@pytest.mark.parametrize("kind", ["mistral", "llama", "gpt2", "opt", "gemma2"])
def test_the_weighted_loss_and_its_gradients_are_those_of_transformers(kind):
    from wellhead.recursion.families.transformer.objective import Objective

    model, tokens = network(kind), torch.tensor(blocks(30))
    shares = torch.rand(30, generator=torch.Generator().manual_seed(2))
    shares[3] = 0.0
    objective = Objective(model, tokens[:2])
    assert objective.plain_head == (kind != "gemma2")
    found = objective(tokens, shares)
    theirs = sum(
        share * model(input_ids=row[None], labels=row[None]).loss
        for row, share in zip(tokens, shares, strict=True)
    )
    assert float(found.detach()) == pytest.approx(float(theirs.detach()), rel=1e-5)
    for one, other in zip(gradients(model, found), gradients(model, theirs), strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5)


def test_in_bf16_the_loss_and_its_gradients_stay_near_those_in_fp32():
    from wellhead.recursion.families.transformer.objective import Objective

    model, tokens = network("mistral"), torch.tensor(blocks(30))
    shares = torch.full((30,), 1 / 30)
    objective = Objective(model, tokens[:2])
    exact = objective(tokens, shares)
    wanted = gradients(model, exact)
    with torch.autocast("cpu", torch.bfloat16):
        rough = objective(tokens, shares)
    assert float(rough.detach()) == pytest.approx(float(exact.detach()), rel=0.01)
    for one, other in zip(gradients(model, rough), wanted, strict=True):
        assert one.dtype == torch.float32
        assert torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), 0) > 0.99


def test_a_base_with_dropout_is_fitted_to_the_same_numbers_twice():
    """GPT-2 and OPT come with dropout, which a fit that goes on after a kill could not repeat."""
    data = Blocks.real(blocks(40))
    curves = []
    for seed in (1, 2):
        model = network("gpt2")
        torch.manual_seed(seed)
        curves.append(train(model, data, blocks(8), Recipe(2, 8, 1e-3), 0).losses)
    assert curves[0] == curves[1]
