"""The texts that the general detector learns from, cleaned of what their files added.

In: ``detection/dev.parquet`` and ``dev2.parquet`` (21 public data sets in two tables). Out: a frame
with one row per usable text. What is done here, beyond `wellhead.detect.normalise`, and why:

- DetectRL calls human texts that a model polished, paraphrased or translated "human": left out.
- Texts that occur on both sides are left out; copies on one side are kept once.
- Continuations begin with the first words of a human text: those words are cut from both sides.
- Refusals, and a caption that one news site puts before its articles, are left out.
- DetectRL does not state the domain of its paraphrased texts: a classifier fitted on its plain
  human texts does (99.6 % right on held-out ones).
- Names that mean one model become one name; models are put into families.
- One data set (``NOT_FITTED``) is under non-commercial terms: it is never learned from.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import normalize

from wellhead.detect.hashing import BITS
from wellhead.detect.linear import counts_of
from wellhead.detect.normalise import normalise_all

__all__ = ["MANY_KINDS", "NOT_FITTED", "ROOT", "data_folder", "general_texts"]

ROOT = Path(__file__).resolve().parent.parent

# Domains that are left out together, whatever data set they come from.
DOMAINS = {
    "news": ("xsum", "news", "NewsArticle", "news-2016", "brown-press"),
    "fiction": (
        "writing", "cwriting", "LiteratureCreativeWriting", "writing-prompts", "creative-story",
        "brown-fiction",
    ),
    "academic": ("arxiv", "acl-abstract", "brown-learned"),
    "reviews": ("yelp", "Entertainment", "FoodCusine", "OnlineContent"),
    "mixed": ("doc",),
    "business": ("Business", "Finance"),
    "arts": ("ArtCulture", "Religious"),
    "public": ("GovernmentPublic", "Sports"),
    "technical": ("Code", "Environmental"),
    "essay": ("machine-dev", "machine-test", "machine-ood", "forum-essay"),
    "reference": ("squad", "wiki", "eli5"),
    "instruction": ("instruction",),
    "speeches": ("address", "debate"),
    "prose": ("brown-prose",),
    "many kinds (MAGE)": ("mage-mix",),
    "many kinds (MixSet)": ("mixset",),
}  # fmt: skip
ELSE = "other"
# These hold texts of domains that other sources have, too: only the source is left out.
MANY_KINDS = ("many kinds (MAGE)", "many kinds (MixSet)")
# MixSet has fifty human texts of each kind: they are taken together.
ONE_DOMAIN = ("mixset",)
# Machine-only sources are measured against people of another source who wrote for the same task.
SAME_TASK = {"creative-story": "writing-prompts"}

# Data sets that share human texts or their origin.
KIN = {
    "fdg_oss": "fdg",
    "imbd": "fdg",
    "lastde": "fdg",
    "arena-hard": "alpaca_eval",
    "self-instruct": "alpaca_eval",
    "eqbench-creative": "biscope",
    "argugpt": "essays",
    "sherbold": "essays",
}
NOT_FITTED = ("grok3-polish-zh",)

SAME_MODEL = {
    "ChatGPT": "gpt-3.5-turbo",
    "ChatGPT-turbo": "gpt-3.5-turbo",
    "GPT-3-Turbo": "gpt-3.5-turbo",
    "chatgpt-2022-12 (GPT-3.5)": "gpt-3.5-turbo",
    "Gemini-1.5-Pro": "gemini-1.5-pro",
    "Google-PaLM": "palm-2",
    "Claude-instant": "claude-instant",
    "Llama-2-70b": "llama-2-70b",
    "llama2-70b": "llama-2-70b",
    "llama2-7b": "llama-2-7b",
    "llama-3-8b-instruct (paraphraser)": "llama-3-8b-instruct",
    "Llama-3-8B": "llama-3-8b-instruct",
    "gpt4": "gpt-4",
    "GPT4": "gpt-4",
    "GPT-4": "gpt-4",
    "gptj": "gpt-j-6B",
    "gptneo": "gpt-neo-2.7B",
}
# Makers whose models are left out together.
MAKERS = {
    "openai": "OpenAI",
    "claude": "Anthropic and Google",
    "google": "Anthropic and Google",
    "base": "base models",
    "small": "small open models",
    "human": "human",
}
ELSE_MAKER = "open chat models"
# The first pattern found in the lower-case name decides.
FAMILIES = {
    "base": r"^gpt2|^gpt-j|^gpt-neo|^opt-|-base$|^phi-2$|^llama$",
    "small": r"smollm",
    "claude": r"claude",
    "qwen": r"qwen|qwq",
    "openai": r"^(?:chat)?gpt|^openai/|^o3|davinci|curie|babbage",
    "google": r"gemini|gemma|palm|flan",
    "llama": r"llama|bloomz|vicuna|tulu|guanaco|wizardlm|watermarked|storm|openchat-v3\.1",
    "mistral": r"mistral|mixtral|ministral|zephyr|starling|openhermes|snorkel",
    "deepseek": r"deepseek",
}
ELSE_FAMILY = "other"
# By source; what a kind is called where the table itself says nothing else.
TASKS = {
    "detectrl": "written",
    "l2r": "rewritten",
    "fdg": "continued",
    "fdg_oss": "continued by a base model",
    "raidar": "lightly rewritten",
    "seqx": "continued",
}
KINDS = {
    "adv-paraphrase": "paraphrased",
    "paraphrase": "paraphrased",
    "paraphrase_polish_llm": "paraphrased",
    "paraphrase_dipper_llm": "paraphrased",
    "paraphrase_back_translation_llm": "paraphrased",
    "watermark-kgw": "watermarked",
    "watermark-unigram": "watermarked",
    "polish": "polished",
    "rewrite": "rewritten",
    "expand": "expanded",
    "continue": "continued",
    "humanise": "humanised",
    "human-edit": "edited by people",
}

NOT_HUMAN = (
    "paraphrase_polish_human",
    "paraphrase_dipper_human",
    "paraphrase_back_translation_human",
    "adversarial_word_human",
    "adversarial_character_word_human",
)
REFUSAL = r"(?:I'm not able|I apologize|As an AI|I'm sorry|I cannot|Sorry|Of course, this is)"
CAPTION = r"^Media playback is (?:not supported|unsupported) on (?:this|your) device\.?\s*"
SHORTEST = 80
# Rows of texts beyond the development tables are numbered from here.
_FIRST_ADDED = 1_000_000
PROMPT_WORDS = 24


def data_folder() -> Path:
    """Where the data lie: ``WELLHEAD_DATA``, or ``shared/data`` beside the checkout."""
    return Path(os.environ.get("WELLHEAD_DATA", ROOT.parent / "shared" / "data"))


def general_texts(
    folder: Path,
    languages: tuple[str, ...] = ("en",),
    *,
    not_fitted: bool = False,
    more: Path | None = None,
) -> pd.DataFrame:
    """Usable texts of ``detection/`` in `folder`, in order; those `not_fitted` only if asked for.

    The columns of the table, and `lang`, `norm`, `family` and `maker` (of the generator), `group`
    (of domains), `kin` (of sources), `task_domain` (whose people it is measured against), `task`
    (what the machine was asked to do), `key` and `row`. With `more`, the folder that
    `make_more_texts` wrote, its texts follow; the others stay as they are without it.
    """
    frame = _usable(_developed(folder), languages, not_fitted=not_fitted)
    if more is None:
        return frame
    tables = [more / f"{name}.parquet" for name in ("people", "machines")]
    found = [pd.read_parquet(path) for path in tables if path.exists()]
    added = pd.concat(found, ignore_index=True)
    added = _usable(added.assign(row=_FIRST_ADDED + np.arange(len(added))), languages)
    added = added[~added.key.isin(frame.key)]
    return pd.concat([frame, added], ignore_index=True)


def _developed(folder: Path) -> pd.DataFrame:
    parts = [pd.read_parquet(folder / "detection" / f"{name}.parquet") for name in ("dev", "dev2")]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(row=np.arange(len(frame)), lang=frame.lang.fillna("en"))


def _usable(
    frame: pd.DataFrame, languages: tuple[str, ...], *, not_fitted: bool = False
) -> pd.DataFrame:
    frame = frame[frame.lang.isin(languages) & (not_fitted | ~frame.source.isin(NOT_FITTED))]
    frame = _relabelled(frame)
    frame["norm"] = normalise_all(list(frame.text))
    frame["norm"] = frame.norm.str.replace(CAPTION, "", regex=True)
    frame = _without_shared_beginnings(frame)
    refuses = frame.norm.str.match(REFUSAL) & (frame.label == "machine")
    shortest = np.where(frame.lang == "zh", SHORTEST // 4, SHORTEST)
    frame = frame[~refuses & (frame.norm.str.len() >= shortest)]
    frame = _once(frame)
    frame = _with_domains(frame) if frame.domain.isna().any() else _grouped(frame)
    return _capped(frame).sort_values("row").reset_index(drop=True)


def _relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    mislabelled = frame.kind.str.endswith("_llm") & (frame.label == "human")
    frame = frame[~mislabelled & ~frame.kind.isin(NOT_HUMAN)].copy()
    human = frame.label == "human"
    frame["generator"] = frame.generator.replace(SAME_MODEL).mask(human, "human")
    frame["family"] = frame.generator.map(_family).mask(human, "human")
    frame["kin"] = frame.source.replace(KIN)
    frame["task"] = frame.kind.map(KINDS).fillna(frame.source.map(TASKS)).fillna("written")
    base = (frame.family == "base") | (frame.generator == "davinci")
    frame.loc[base & (frame.task == "continued"), "task"] = "continued by a base model"
    frame.loc[human, "task"] = "human"
    return frame


def _family(model: str) -> str:
    found = (name for name, pattern in FAMILIES.items() if re.search(pattern, str(model).lower()))
    return next(found, ELSE_FAMILY)


def _without_shared_beginnings(frame: pd.DataFrame) -> pd.DataFrame:
    """Continuations and their originals from the first word that they do not share."""
    human = frame[(frame.label == "human") & frame.pair.notna()]
    texts = dict(zip(human.pair, human.norm, strict=True))
    starts = frame.task.str.startswith("continued") | (frame.kin == "fdg")
    begun = frame[(frame.label == "machine") & starts]
    cut: dict[object, int] = {}
    after = {}
    for row, pair, text in zip(begun.index, begun.pair, begun.norm, strict=True):
        shared = _after_shared(texts[pair], text) if pair in texts else 0
        if not shared and frame.source[row] == "lastde":
            shared = len(" ".join(text.split(" ")[:PROMPT_WORDS])) + 1
        after[row] = shared
        cut[pair] = max(cut.get(pair, 0), shared)
    after |= {row: cut.get(pair, 0) for row, pair in human.pair.items()}
    norm = [text[after.get(row, 0) :].strip() for row, text in frame.norm.items()]
    return frame.assign(norm=norm)


def _after_shared(one: str, other: str) -> int:
    """Where the word after the common beginning starts; 0 without a common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    size = next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
    return one.find(" ", size) + 1 if size else 0


def _once(frame: pd.DataFrame) -> pd.DataFrame:
    letters = frame.norm.str.lower().str.replace(r"[\W\d_]", "", regex=True).str[:300]
    frame = frame.assign(key=[hashlib.sha256(one.encode()).hexdigest()[:16] for one in letters])
    sides = frame.groupby("key").label.transform("nunique")
    return frame[sides == 1].drop_duplicates("key")


def _with_domains(frame: pd.DataFrame) -> pd.DataFrame:
    unknown = frame.domain.isna()
    known = (frame.source == "detectrl") & ~unknown & (frame.label == "human")
    classifier = SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0)
    classifier.fit(_words(frame.norm[known]), frame.domain[known])
    frame.loc[unknown, "domain"] = classifier.predict(_words(frame.norm[unknown]))
    return _grouped(frame)


def _grouped(frame: pd.DataFrame) -> pd.DataFrame:
    groups = {domain: group for group, domains in DOMAINS.items() for domain in domains}
    frame = frame.assign(domain=frame.domain.mask(frame.source.isin(ONE_DOMAIN), frame.source))
    return frame.assign(
        group=frame.domain.map(lambda domain: groups.get(domain, ELSE)),
        task_domain=frame.domain.replace(SAME_TASK),
        maker=frame.family.map(lambda family: MAKERS.get(family, ELSE_MAKER)),
    )


def _words(texts: pd.Series) -> csr_matrix:
    counts = counts_of(list(texts))[:, 1 << BITS : 2 << BITS]
    return normalize(np.log1p(counts))


def _capped(frame: pd.DataFrame) -> pd.DataFrame:
    """At most so many texts of one domain, generator and kind, drawn at random."""
    frame = frame.sample(frac=1, random_state=1)
    cell = ["source", "domain", "generator", "kind"]
    rank = frame.groupby(cell).cumcount().to_numpy()
    human, detectrl = frame.label == "human", frame.source == "detectrl"
    attacked = frame.kind.str.contains("adversarial|back_translation|dipper")
    most = np.select(
        [human & ~attacked, human, detectrl & attacked, detectrl, frame.source == "fdg_oss"],
        [len(frame), 150, 60, 150, 250],
        default=len(frame),
    )
    return frame[rank < most]
