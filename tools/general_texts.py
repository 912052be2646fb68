"""The texts that the general detector learns from, cleaned of what their files added.

In: ``detection/dev.parquet`` (seven public data sets in one table). Out: a frame with one row per
usable text. What is done here, beyond `wellhead.detect.normalise`, and why:

- DetectRL calls human texts that a model polished, paraphrased or translated "human": left out.
- Texts that occur on both sides are left out; copies on one side are kept once.
- Fast-DetectGPT's machine texts go on from the first words of a human text: those words are cut
  from both sides.
- Refusals, and a caption that one news site puts before its articles, are left out.
- DetectRL does not state the domain of its paraphrased texts: a classifier fitted on its plain
  human texts does (99.6 % right on held-out ones).
- Names that mean one model become one name; models are put into families.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import normalize

from wellhead.detect.hashing import BITS
from wellhead.detect.linear import counts_of
from wellhead.detect.normalise import normalise

__all__ = ["DOMAINS", "data_folder", "general_texts"]

ROOT = Path(__file__).resolve().parent.parent

# Domains that are left out together, whatever data set they come from.
DOMAINS = {
    "news": ("xsum", "news", "NewsArticle"),
    "fiction": ("writing", "cwriting", "LiteratureCreativeWriting"),
    "academic": ("arxiv",),
    "reviews": ("yelp", "Entertainment", "FoodCusine", "OnlineContent"),
    "mixed": ("doc",),
    "business": ("Business", "Finance"),
    "arts": ("ArtCulture", "Religious"),
    "public": ("GovernmentPublic", "Sports"),
    "technical": ("Code", "Environmental"),
    "essay": ("machine-dev", "machine-test", "machine-ood"),
}
ELSE = "reference"

SAME_MODEL = {
    "ChatGPT": "gpt-3.5-turbo",
    "GPT-3-Turbo": "gpt-3.5-turbo",
    "Gemini-1.5-Pro": "gemini-1.5-pro",
    "Google-PaLM": "palm-2",
    "Claude-instant": "claude-instant",
    "Llama-2-70b": "llama-2-70b",
    "gpt4": "gpt-4",
    "gptj": "gpt-j-6B",
    "gptneo": "gpt-neo-2.7B",
}
FAMILIES = {
    "claude": ("claude-instant",),
    "google": ("palm-2", "gemini-1.5-pro", "flan-t5-11b"),
    "llama": ("llama-2-70b", "llama", "bloomz-7b"),
    "base": ("gpt2", "gpt2-xl", "gpt-j-6B", "gpt-neo-2.7B", "gpt-neox-20b", "opt-2.7b"),
}
ELSE_FAMILY = "openai"

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


def data_folder() -> Path:
    """Where the data lie: ``WELLHEAD_DATA``, or ``shared/data`` beside the checkout."""
    return Path(os.environ.get("WELLHEAD_DATA", ROOT.parent / "shared" / "data"))


def general_texts(path: Path) -> pd.DataFrame:
    """Usable texts: the columns of the table, and `norm`, `family`, `group`, `key`, `row`."""
    frame = pd.read_parquet(path).assign(row=lambda table: np.arange(len(table)))
    frame = _relabelled(frame)
    frame["norm"] = [normalise(text) for text in frame.text]
    frame["norm"] = frame.norm.str.replace(CAPTION, "", regex=True)
    frame = _without_shared_beginnings(frame)
    refuses = frame.norm.str.match(REFUSAL) & (frame.label == "machine")
    frame = frame[~refuses & (frame.norm.str.len() >= SHORTEST)]
    frame = _once(frame)
    frame = _with_domains(frame)
    return _capped(frame).sort_values("row").reset_index(drop=True)


def _relabelled(frame: pd.DataFrame) -> pd.DataFrame:
    mislabelled = frame.kind.str.endswith("_llm") & (frame.label == "human")
    frame = frame[~mislabelled & ~frame.kind.isin(NOT_HUMAN)].copy()
    frame["generator"] = frame.generator.replace(SAME_MODEL)
    frame.loc[frame.label == "human", "generator"] = "human"
    families = {model: family for family, models in FAMILIES.items() for model in models}
    frame["family"] = frame.generator.map(lambda model: families.get(model, ELSE_FAMILY))
    frame.loc[frame.label == "human", "family"] = "human"
    return frame


def _without_shared_beginnings(frame: pd.DataFrame) -> pd.DataFrame:
    paired = frame[frame.pair.notna()]
    sides = {side: part.set_index("pair").norm.to_dict() for side, part in paired.groupby("label")}
    shared = {
        pair: _after_shared(sides["human"][pair], sides["machine"][pair])
        for pair in sides["human"].keys() & sides["machine"].keys()
    }
    norm = [
        text[shared.get(pair, 0) :].strip()
        for text, pair in zip(frame.norm, frame.pair, strict=True)
    ]
    return frame.assign(norm=norm)


def _after_shared(one: str, other: str) -> int:
    """Where the word after the common beginning starts; 0 without a common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    size = next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))
    return one.find(" ", size) + 1 if size else 0


def _once(frame: pd.DataFrame) -> pd.DataFrame:
    letters = frame.norm.str.lower().str.replace(r"[^a-z]", "", regex=True).str[:300]
    frame = frame.assign(key=[hashlib.sha256(one.encode()).hexdigest()[:16] for one in letters])
    sides = frame.groupby("key").label.transform("nunique")
    return frame[sides == 1].drop_duplicates("key")


def _with_domains(frame: pd.DataFrame) -> pd.DataFrame:
    unknown = frame.domain.isna()
    known = (frame.source == "detectrl") & ~unknown & (frame.label == "human")
    classifier = SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0)
    classifier.fit(_words(frame.norm[known]), frame.domain[known])
    frame.loc[unknown, "domain"] = classifier.predict(_words(frame.norm[unknown]))
    groups = {domain: group for group, domains in DOMAINS.items() for domain in domains}
    return frame.assign(group=frame.domain.map(lambda domain: groups.get(domain, ELSE)))


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
