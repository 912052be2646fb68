"""The transformer family in the loop: text, fits, resumes, and what is left on disk."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import tomli_w
from lm_corpus import SMALL, write_corpus

import wellhead.recursion
from wellhead.errors import BadInput, BadSetting, MissingExtra
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.config import plan
from wellhead.recursion.families.transformer import Blocks, Transformer
from wellhead.recursion.families.transformer import training as fitting
from wellhead.recursion.families.transformer.scoring import log_probabilities
from wellhead.recursion.family import Fitting
from wellhead.recursion.loop import run_cell

pytest.importorskip("torch", reason="needs wellhead[lm]")
transformers = pytest.importorskip("transformers", reason="needs wellhead[lm]")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("text") / "corpus.txt")


def setting(corpus, regime="replace", generations=2, family=None, **table):
    family = SMALL | {"corpus": corpus} | (family or {})
    return plan({"family": family, "regime": regime, "generations": generations, **table}).settings[
        0
    ]


def same(one, two) -> bool:
    return one.keys() == two.keys() and all(
        np.array_equal(one[name], two[name], equal_nan=True) for name in one
    )


def test_blocks_hold_the_text_and_come_back_as_it(corpus):
    family = Transformer(**{k: v for k, v in SMALL.items() if k != "name"}, corpus=corpus)
    text = family.real_text()
    assert text.training.tokens.shape[1] == 16
    joined = "".join(family.texts(text.training))
    lines = set(Path(corpus).read_text().splitlines())
    assert set(joined.split("\n")[1:-1]) <= lines
    held = set("".join(family.texts(text.held_out.blocks)).split("\n")[1:-1])
    assert held <= lines
    assert text.held_out.bytes_per_token > 1


def test_a_network_learns_what_comes_next(corpus):
    family = setting(corpus, family={"epochs": 6}).family
    text = family.real_text()
    model = family.fit(text.training, Fitting(np.random.default_rng(0)))
    loss = -log_probabilities(model.network, text.held_out.blocks.tokens).mean()
    counts = np.bincount(text.training.tokens.ravel(), minlength=text.tokens.size) + 0.5
    unigram = -np.log(counts / counts.sum())[text.held_out.blocks.tokens[:, 1:]].mean()
    assert loss < 0.7 * unigram
    assert model.validation == sorted(model.validation, reverse=True)


def test_the_loss_is_that_of_transformers(corpus):
    import torch

    family = setting(corpus).family
    text = family.real_text()
    model = family.fit(text.training.first(32), Fitting(np.random.default_rng(0)))
    tokens = torch.tensor(text.held_out.blocks.tokens, dtype=torch.long)
    with torch.inference_mode():
        theirs = float(model.network(input_ids=tokens, labels=tokens).loss)
    found = -log_probabilities(model.network, text.held_out.blocks.tokens).mean()
    assert found == pytest.approx(theirs, rel=1e-4)


def test_weights_of_blocks_act_like_copies(corpus):
    """A block of weight 2 and one of weight 0 train like twice the one and none of the other."""
    family = setting(corpus, family={"epochs": 3, "batch": 64, "choose": "last"}).family
    tokens = family.real_text().training.tokens[:4]
    once = Blocks.real(tokens).weighted(np.array([[2.0, 1.0, 1.0, 0.0]]))
    copies = Blocks.real(tokens[[0, 0, 1, 2]])
    losses = [family.fit(data, Fitting(np.random.default_rng(0))).losses for data in (once, copies)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize(
    "regime",
    ["replace", {"name": "fixed-original", "share": 0.25}, "accumulate", "golden-ratio"],
    ids=str,
)
def test_a_cell_killed_between_generations_goes_on_to_the_same_numbers(corpus, tmp_path, regime):
    wanted = setting(corpus, regime, family={"reserve": 0.5}, generations=2, size=24)
    whole = list(run_cell(wanted, seed=5))
    begun = run_cell(wanted, seed=5, checkpoints=FolderCheckpoints(tmp_path))
    for _ in range(2):
        next(begun)
    begun.close()
    resumed = list(run_cell(wanted, seed=5, checkpoints=FolderCheckpoints(tmp_path)))
    assert [record.generation for record in resumed] == [0, 1, 2]
    assert all(same(one.measures, two.measures) for one, two in zip(whole, resumed, strict=True))


def test_a_fit_killed_half_way_goes_on_to_the_same_numbers(corpus, tmp_path, monkeypatch):
    family = setting(corpus, family={"epochs": 3}).family
    data = family.real_text().training
    whole = family.fit(data, Fitting(np.random.default_rng(3)))
    step, state = fitting.Fit.one_step, []

    def dying(fit):
        if fit.step == len(whole.losses) // 2:
            state.append(fit.step)
            raise KeyboardInterrupt
        step(fit)

    monkeypatch.setattr(fitting, "SAVE_EVERY", 0.0)
    monkeypatch.setattr(fitting.Fit, "one_step", dying)
    with pytest.raises(KeyboardInterrupt):
        family.fit(data, Fitting(np.random.default_rng(3), None, tmp_path))
    assert state
    assert (tmp_path / "training.pt").exists()
    monkeypatch.setattr(fitting.Fit, "one_step", step)
    resumed = family.fit(data, Fitting(np.random.default_rng(3), None, tmp_path))
    assert resumed.losses == whole.losses
    assert resumed.validation == whole.validation
    assert not (tmp_path / "training.pt").exists()


SAVING_OFTEN = """
import sys
from wellhead import collapse as run
from wellhead.recursion.families.transformer.checkpoint import Checkpoint
Checkpoint.due = lambda self, now: self.path is not None
run("config.toml", out="killed", workers=1, show=False)
"""


def test_a_run_killed_inside_a_fit_resumes_to_the_same_bits(corpus, tmp_path, monkeypatch):
    """A real SIGKILL, while the second generation is being fitted and its state is on disk."""
    monkeypatch.chdir(tmp_path)
    table = {"family": SMALL | {"corpus": corpus, "epochs": 20}, "regime": "replace"}
    (tmp_path / "config.toml").write_text(tomli_w.dumps(table | {"generations": 1, "seed": 3}))
    wellhead.collapse("config.toml", out="whole", workers=1)
    killed = subprocess.Popen([sys.executable, "-c", SAVING_OFTEN])
    state = tmp_path / "killed" / "work" / "000-replace-00" / "0002" / "training.pt"
    while killed.poll() is None and not state.exists():
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    assert state.exists(), "the fit was over before it could be killed"
    wellhead.recursion.resume("killed", workers=1)
    one, two = (
        next(Path(name).glob("cells/*.parquet")).read_bytes() for name in ("whole", "killed")
    )
    assert one == two
    curves = [Path(name) / "generations/000-replace-00/0002" for name in ("whole", "killed")]
    losses = [json.loads((each / "training.json").read_text())["losses"] for each in curves]
    assert losses[0] == losses[1]


def test_a_run_leaves_texts_measures_and_samples_of_every_generation(corpus, tmp_path):
    table = {
        "family": SMALL | {"corpus": corpus, "keep_models": True},
        "regime": {"name": "fresh-real", "share": 0.25},
        "generations": 1,
        "size": 20,
    }
    table["family"]["reserve"] = 0.3
    out = tmp_path / "run"
    result = wellhead.collapse(table, out=out)
    kept = out / "generations" / "000-fresh-real-00"
    rows = pq.read_table(kept / "0002" / "data.parquet").to_pylist()
    assert [row["origin"] for row in rows].count("real") == 5
    assert len(rows) == 20
    assert all(isinstance(row["text"], str) and len(row["tokens"]) == 16 for row in rows)
    assert json.loads((kept / "0001.json").read_text())["perplexity"]
    samples = json.loads((kept / "0002" / "samples.json").read_text())
    assert {"prompt", "continuation"} == samples[0].keys()
    assert not (out / "work" / "000-fresh-real-00").exists()
    assert result.values("real_share", "fresh-real", 1)[0] == pytest.approx(0.25)
    loaded = transformers.AutoModelForCausalLM.from_pretrained(kept / "0002" / "model")
    tokenizer = transformers.AutoTokenizer.from_pretrained(kept / "0002" / "model")
    ids = tokenizer("the well is", return_tensors="pt")["input_ids"]
    assert loaded(input_ids=ids).logits.shape == (1, ids.shape[1], 300)


def test_checkpoints_are_pruned_unless_they_are_asked_for(corpus, tmp_path):
    wanted = setting(corpus, generations=4, size=16)
    list(run_cell(wanted, seed=1, checkpoints=FolderCheckpoints(tmp_path)))
    left = sorted(folder.parent.name for folder in tmp_path.glob("*/model"))
    assert left == ["0001", "0004", "0005"]


def test_what_a_run_takes_on_disk_is_bounded_by_what_was_said(corpus, tmp_path):
    wanted = setting(corpus, generations=2)
    list(run_cell(wanted, seed=1, checkpoints=FolderCheckpoints(tmp_path)))
    taken = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    assert taken < wanted.family.disk(wanted) < 100 * taken


@pytest.mark.parametrize(
    ("family", "words"),
    [
        ({"parameters": 50_000.0}, "expected parameters from"),
        ({"start": "warm"}, "start to be one of fresh, continue"),
        ({"vocabulary": 100}, "vocabulary from 257"),
        ({"prompt": 17}, "prompt from 0"),
        ({"held_out": 0.0}, "held_out above 0"),
        ({"disk_limit": 1e-6}, "disk_limit"),
        ({"corpus": "nowhere.txt"}, "readable UTF-8"),
        ({"block": 1024, "prompt": 0}, "at least 8 blocks"),
        ({"base": "no/such/folder"}, "expected a causal language model"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_settings_that_cannot_work_are_refused(corpus, family, words):
    table = SMALL | {"corpus": corpus} | family
    with pytest.raises((BadSetting, BadInput, MissingExtra), match=words):
        wellhead.collapse({"family": table, "regime": "replace", "generations": 1})
