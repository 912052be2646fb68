"""Presets, the autoencoder, and what experiments look like to those who extend them."""

from __future__ import annotations

import gzip
import io
import re
import struct
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

import wellhead.recursion
from wellhead.errors import BadInput, BadSetting
from wellhead.recursion.checkpoints import FolderCheckpoints
from wellhead.recursion.config import plan
from wellhead.recursion.data import Samples
from wellhead.recursion.families.images import read_images
from wellhead.recursion.family import FAMILIES, Family
from wellhead.recursion.loop import run_cell
from wellhead.recursion.measure.catalogue import measure_named
from wellhead.recursion.presets import preset
from wellhead.recursion.terminal import show, statistic_of
from wellhead.report.numbers import number
from wellhead.report.svg import LineChart

NAMES = [known.name for known in wellhead.recursion.list_presets()]
MADE_UP = ("perplexity", "loss", "output_perplexity", "output_distinct_2", "classes", "variance")
MADE_UP += ("latent_deviation", "own_latent_deviation", "new_words", "vocabulary", "tail_mass")
SMALL_VAE = {"name": "vae", "hidden": 48, "epochs": 12, "batch": 64}


def test_the_promised_presets_are_there():
    promised = {"shumailov-paper", "shumailov-code", "gerstgrasser", "kazdan", "mad", "suresh"}
    assert promised | {"golden-ratio"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_a_valid_plan_quick_and_full(name):
    quick = plan(preset(name))
    full = plan(preset(name), full=True)
    assert quick.title
    assert quick.about
    assert full.to_dict() != quick.to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_terminal_headline_and_figure_name_the_same_statistic_of_what_the_preset_is_about(
    name, monkeypatch
):
    """Runs of language models and of images are made up: the page is the same for measured ones."""
    table = small(preset(name))
    assert measure_named(table["headline"]).meaning
    slow = plan(table).settings[0].family.keeps_generations or name == "digits"
    run = made_up(table) if slow else wellhead.collapse(table)
    measure, page, written = measure_named(run.plan.headline), run.page(), io.StringIO()
    statistic = statistic_of(run, run.plan.headline)
    assert f"{statistic} of {measure.title}: " in page.lead
    charts = [block for block in page.sections[1].blocks if isinstance(block, LineChart)]
    leading = [chart for chart in charts if chart.y.label == measure.title]
    assert charts[0] is leading[0]
    ends = {number(line.y[-1]) for chart in leading for line in chart.lines}
    said = page.lead.split(f"of {measure.title}: ")[1].split("\n\n")[0]
    values = re.findall(r"(?:^|to |, )(\S+) (?:under |\()", said)
    assert values
    assert set(values) <= ends
    for chart in charts:
        assert re.search(r"\b(mean|median) over (chains|repetitions)", chart.n)
    monkeypatch.setenv("COLUMNS", "400")
    show(run, file=written)
    heads = next(line for line in written.getvalue().splitlines() if "setting" in line)
    named = [head.split()[0] for head in re.split(r"[┃│|]", heads)[3:] if head.strip()]
    assert set(named) <= {"mean", "median"}
    assert named[0] == statistic


def made_up(table):
    """A run of a preset that takes hours, with numbers that nobody measured."""
    wanted, rng = plan(table), np.random.default_rng(3)
    rows = [
        {"setting": setting.label, "repetition": repetition, "generation": generation, "chain": 0}
        | {measure: rng.lognormal() for measure in MADE_UP}
        for setting in wanted.settings
        for repetition in range(7)
        for generation in range(setting.generations + 1)
    ]
    return wellhead.recursion.Run(wanted, pa.Table.from_pylist(rows), "", 0.0, (1, 1))


def small(table):
    """A few chains and generations of a preset: enough for its page, not for its numbers."""
    words = table["name"] in ("words", "shared-web-words")
    for part in (table, *table.get("settings", [])):
        if words and "size" in part:
            part["size"] = 5_000
        elif "chains" in part:
            regime = part.get("regime", {})
            part["chains"] = 12 * (regime.get("models", 1) if isinstance(regime, dict) else 1)
    table["seeds"], table["generations"] = 1, min(table["generations"], 10)
    if words:
        table["generations"] = 2
    return table


def test_the_golden_ratio_preset_finds_the_golden_ratio():
    """The weight .618 has the least squared error of those tried, by the intervals."""
    result = wellhead.collapse("golden-ratio", changes={"chains": 2500, "every": 40})
    ends = {
        setting.label: result.curve("mean_square_error", setting.label, "mean")[-1]
        for setting in result.plan.settings
    }
    best = min(ends, key=lambda label: ends[label].value)
    assert best == "weight 0.618"
    assert ends[best].value * 100 == pytest.approx(0.618, abs=0.03)
    assert ends["weight 1"].low > ends[best].high


def test_accumulating_bounds_the_risk_of_gerstgrassers_regression():
    result = wellhead.collapse("gerstgrasser", changes={"chains": 200, "every": 20})
    one_round = 10 / (111 - 10 - 1)
    replaced = result.curve("excess_risk", "replace", "mean")[-1]
    kept = result.curve("excess_risk", "accumulate", "mean")[-1]
    assert replaced.low < 20 * one_round < replaced.high
    assert kept.high < np.pi**2 / 6 * one_round * 1.1


def test_latent_codes_of_digits_lose_about_a_tenth_of_their_spread_a_generation():
    """As reported for MNIST by Shumailov et al. (2024)."""
    table = preset("digits") | {"settings": [{"regime": "replace"}], "seeds": 1}
    result = wellhead.collapse(table)
    spread = np.array([point.value for point in result.curve("latent_deviation", "replace")])
    lost = 1 - spread[1:] / spread[:-1]
    assert len(lost) == 3
    assert lost == pytest.approx(0.1, abs=0.06)


def test_a_report_shows_what_each_generation_drew_beside_real_images(tmp_path):
    table = {"family": SMALL_VAE, "regime": "replace", "generations": 2}
    run = wellhead.collapse(table, out=tmp_path / "run")
    page = run._repr_html_()
    for name in ("What it drew", "real", "generation 0", "generation 2"):
        assert name in page
    kept = sorted((tmp_path / "run" / "generations").rglob("*.npy"))
    assert [file.name for file in kept] == ["drawn.npy"] * 3 + ["real.npy"]
    kept[0].write_bytes(b"not an array")
    # A header that promises far more numbers than the file has.
    whole = kept[1].read_bytes()
    kept[1].write_bytes(whole.replace(b"(10, 64)", b"(9" + b"9" * 10 + b", 64)", 1)[: len(whole)])
    assert "generation 2" in wellhead.recursion.Run.load(tmp_path / "run")._repr_html_()


def test_a_small_beta_lets_codes_spread_further_than_their_prior():
    spread = []
    for beta in (0.05, 1.0):
        family = SMALL_VAE | {"beta": beta}
        run = wellhead.collapse({"family": family, "regime": "replace", "generations": 1})
        spread.append(run.curve("latent_deviation", "replace")[0].value)
    assert spread[0] > spread[1]


def test_an_autoencoder_resumes_between_generations_to_the_same_bits(tmp_path):
    table = {"family": SMALL_VAE | {"epochs": 3}, "regime": "accumulate", "generations": 2}
    setting = plan(table).settings[0]
    whole = list(run_cell(setting, seed=2))
    begun = run_cell(setting, seed=2, checkpoints=FolderCheckpoints(tmp_path))
    next(begun), next(begun)
    begun.close()
    resumed = list(run_cell(setting, seed=2, checkpoints=FolderCheckpoints(tmp_path)))
    for one, two in zip(whole, resumed, strict=True):
        assert all(np.array_equal(one.measures[m], two.measures[m]) for m in one.measures)


def test_idx_files_are_read_and_others_refused(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 3, 4), dtype=np.uint8)
    raw = struct.pack(">iiii", 0x803, 10, 3, 4) + pixels.tobytes()
    (tmp_path / "images.gz").write_bytes(gzip.compress(raw))
    images = read_images(str(tmp_path / "images.gz"))
    assert images.training.shape == (8, 12)
    assert images.held_out[0] == pytest.approx(pixels[4].ravel() / 255)
    (tmp_path / "short").write_bytes(raw[:-1])
    for name in ("short", "absent"):
        with pytest.raises(BadInput):
            read_images(str(tmp_path / name))


def test_a_family_of_ones_own_runs_after_one_registration(monkeypatch):
    """A coin: three methods, settings as fields, nothing else."""

    @dataclass(frozen=True)
    class Coin(Family):
        bias: float = 0.5

        def real(self, size, chains, rng):
            return Samples((rng.random((chains, size)) < self.bias).astype(float))

        def fit(self, data, context):
            return (data.values * data.mass).sum(axis=1) / data.mass.sum(axis=1)

        def sample(self, model, size, sampler, rng):
            return Samples((rng.random((len(model), size)) < model[:, None]).astype(float))

        def measure(self, step):
            return {"heads": step.model, "fixed": ((step.model == 0) | (step.model == 1)) * 1.0}

    monkeypatch.setitem(FAMILIES.registered, "coin", Coin)
    table = {"family": {"name": "coin", "bias": 0.3}, "size": 10, "chains": 3000}
    result = wellhead.collapse(table | {"regime": "replace", "generations": 60})
    heads = result.curve("heads", "replace", "mean")[-1]
    assert heads.low < 0.3 < heads.high
    assert result.curve("fixed", "replace", "mean")[-1].value > 0.95
    with pytest.raises(BadSetting, match="did you mean 'bias'"):
        wellhead.collapse(
            table | {"family": {"name": "coin", "bais": 0.3}, "regime": "replace", "generations": 1}
        )


def test_the_convolutions_of_the_published_code_learn_digits_and_lose_their_variety():
    pytest.importorskip("torch")
    family = {"name": "vae", "network": "convolution", "hidden": 8, "latent": 4, "epochs": 20}
    result = wellhead.collapse({"family": family, "regime": "replace", "generations": 2})
    spread = [point.value for point in result.curve("latent_deviation", "replace")]
    loss = [point.value for point in result.curve("reconstruction", "replace")]
    assert spread[2] < spread[1] < 0.97 * spread[0]
    assert loss[0] < 26 < loss[2]


def test_convolutions_refuse_images_that_they_cannot_halve_twice(tmp_path):
    pytest.importorskip("torch")
    file = tmp_path / "images"
    file.write_bytes(struct.pack(">iiii", 0x803, 200, 3, 4) + bytes(2400))
    family = {"name": "vae", "network": "convolution", "images": str(file)}
    with pytest.raises(BadSetting, match="a side that 4 divides, got 12 pixels"):
        wellhead.collapse({"family": family, "regime": "replace", "generations": 1})
    with pytest.raises(BadSetting, match="did you mean 'dense'"):
        plan({"family": family | {"network": "dens"}, "regime": "replace", "generations": 1})
