"""The same dial at scale: shards, accumulated gradients, two processes, resume, and the dry run."""

from __future__ import annotations

import json
import math
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest

import wellhead
from wellhead.errors import BadSetting
from wellhead.recursion import make_plan
from wellhead.recursion.dry_run import dry_run
from wellhead.recursion.families.transformer.cost import expected_loss

pytest.importorskip("torch", reason="needs wellhead[lm]")

FAMILY = {
    "name": "transformer",
    "parameters": 0.01,
    "vocabulary": 300,
    "block": 16,
    "epochs": 1,
    "batch": 16,
    "rate": 0.01,
    "output_blocks": 17,
    "precision": "fp32",
}


@pytest.fixture(scope="module")
def tokenised(tmp_path_factory):
    """A folder of several small shards, as the command would write it in one."""
    from wellhead.recursion.families.transformer.shards import Cut, write_shards

    folder = tmp_path_factory.mktemp("corpus") / "tokens"
    texts = [f"the well is deep and its water is clear on day {day}" for day in range(900)]
    cut = Cut(block=16, vocabulary=300, held_out=0.1, validation=0.1, shard=1600)
    written = write_shards(texts, folder, cut)
    assert len(written["shards"]) > 3
    return folder


def table(corpus, **changes):
    family = {**FAMILY, "corpus": str(corpus), **changes}
    return {"regime": "replace", "generations": 1, "seed": 3, "family": family}


def curves(out):
    files = sorted((out / "generations" / "000-replace-00").glob("*/training.json"))
    return [json.loads(file.read_text())["losses"] for file in files]


@pytest.fixture(scope="module")
def curve(tokenised, tmp_path_factory):
    """The loss curves of both generations, each batch put through the network in one piece."""
    return ran(tokenised, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def curve_in_parts(tokenised, tmp_path_factory):
    """The same, with gradients that add up."""
    return ran(tokenised, tmp_path_factory.mktemp("parts"), micro_batch=5)


def ran(corpus, out, **changes):
    wellhead.collapse(table(corpus, **changes), out=out / "run")
    return curves(out / "run")


def test_shards_hold_every_token_and_no_document_on_two_sides(tokenised):
    from wellhead.recursion.families.transformer.shards import read_shards

    tokens, manifest, apart = read_shards(str(tokenised))
    assert tokens.size == manifest["tokens"]
    whole = np.asarray(tokens)
    assert whole.shape == tokens.shape
    rows = np.array([len(tokens) - 1, 0, 101])
    assert (tokens[rows] == whole[rows]).all()
    assert not set(apart["held_out"]) & set(apart["validation"])
    assert 40 < len(apart["held_out"]) < 160


def test_gradients_that_add_up_give_the_same_curve(curve, curve_in_parts):
    assert curve_in_parts[0] == pytest.approx(curve[0], rel=1e-4)
    assert len(curve[0]) == len(curve_in_parts[0]) > 30


def test_a_streamed_fit_that_was_killed_ends_on_the_same_numbers(
    tokenised, curve_in_parts, tmp_path, monkeypatch
):
    from wellhead.recursion.families.transformer import training

    monkeypatch.setattr(training, "SAVE_EVERY", 0.0)
    original, steps = training.Fit.one_step, []

    def killed(self):
        if len(steps) == 20:
            steps.append(0)
            raise KeyboardInterrupt
        steps.append(0)
        original(self)

    monkeypatch.setattr(training.Fit, "one_step", killed)
    with pytest.raises((KeyboardInterrupt, wellhead.errors.Interrupted)):
        wellhead.collapse(table(tokenised, micro_batch=5), out=tmp_path / "killed")
    wellhead.collapse(table(tokenised, micro_batch=5), out=tmp_path / "killed")
    assert curves(tmp_path / "killed") == curve_in_parts


# Two processes twice, as torchrun starts them; of the first two one is killed in the middle of a
# fit. They are forks of a process that has loaded torch, so that this is loaded once.
PAIRS = """
import json, os, signal, sys
import transformers
import wellhead
from wellhead.recursion.families.transformer import training

asked, out, *ports = json.loads(sys.argv[1])
training.SAVE_EVERY = 0.0
original = training.Fit.one_step

def killed(fit):
    if (fit.step, fit.world.rank) == (20, 1):
        os.kill(os.getpid(), signal.SIGKILL)
    original(fit)

def pair(port, step):
    started = []
    for rank in (0, 1):
        started.append(os.fork())
        if not started[-1]:
            training.Fit.one_step = step
            os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2")
            os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
            try:
                wellhead.collapse(asked, out=out)
            except BaseException as error:
                sys.stderr.write(repr(error))
                os._exit(1)
            os._exit(0)
    return [os.waitpid(each, 0)[1] for each in started]

import torch
first = pair(ports[0], killed)
(kept,) = training.Path(out).rglob("training.pt")
step = torch.load(kept, weights_only=True)["step"]
print(json.dumps([first, step, pair(ports[1], original)]))
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_two_processes_of_which_one_was_killed_end_on_the_curve_of_one(tokenised, curve, tmp_path):
    """On shards, with gradients in parts: the second two go on in the middle of the fit."""
    asked = table(tokenised, micro_batch=3)
    told = json.dumps([asked, str(tmp_path / "two"), free_port(), free_port()])
    done = subprocess.run(
        [sys.executable, "-c", PAIRS, told],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (other, killed), step, second = json.loads(done.stdout)
    assert killed == signal.SIGKILL
    assert other != 0
    assert 0 < step <= 20
    assert second == [0, 0], done.stderr[-2000:]
    ended = curves(tmp_path / "two")
    assert ended[0] == pytest.approx(curve[0], rel=1e-4)
    assert len(ended) == len(curve) == 2


def test_the_command_tokenises_and_a_dry_run_tells_what_it_takes(tmp_path, wellhead):
    (tmp_path / "text.txt").write_text(
        "\n".join(f"water number {n} of the old well is cold and clear" for n in range(3000))
    )
    cut = ("--out", "tokens", "--block", "16", "--vocabulary", "300")
    done = wellhead("collapse", "tokenise", "text.txt", *cut, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tokens"] > 1000
    changes = ("corpus=tokens", "block=16", "vocabulary=300")
    sets = [part for change in changes for part in ("--set", f"family.{change}")]
    done = wellhead("collapse", "run", "lm-quick", *sets, "--dry-run", "--gpu", "A100")
    assert done.returncode == 0, done.stderr
    for word in (
        "parameters",
        "operations",
        "less than a minute on 1 × A100",
        "expected loss",
        "memory",
    ):
        assert word in done.stdout
    assert not (tmp_path / "runs").exists()


def test_the_dry_run_counts_as_the_papers_do():
    changes = {"family.parameters": 1200.0, "family.vocabulary": 32000, "family.block": 1024}
    changes |= {"generations": 1, "seeds": 1, "family.epochs": 1, "size": 1_000_000}
    plan = make_plan("lm-quick", changes=changes)
    found = dry_run(plan, gpu="H100", gpus=8, price=2.0)
    first = found.settings[0].cost
    assert first.parameters == pytest.approx(1.27e9, rel=0.01)
    assert first.flops == pytest.approx(1.27e9 * 1.024e9 * (2 * 6 + 4), rel=0.1)
    assert first.loss == pytest.approx(expected_loss(first.parameters, 1.024e9))
    assert first.price == pytest.approx(first.hours * 8 * 2)
    assert first.inside_law
    assert not first.bounded
    # Everything so far is learned from again.
    labels = {each.label: each.cost.flops for each in found.settings}
    assert labels["accumulate, narrow"] > 1.3 * labels["replace, narrow"]
    with pytest.raises(BadSetting, match="did you mean 'H100'"):
        dry_run(plan, gpu="H10")
    with pytest.raises(BadSetting, match="from scratch"):
        dry_run(make_plan("kazdan"))


def test_no_dry_run_expects_a_model_that_is_worse_than_a_guess():
    """The law was fitted on models a thousand times the size of those in `lm-quick`."""
    found = dry_run(make_plan("lm-quick"))
    cost = found.settings[0].cost
    assert expected_loss(cost.parameters, cost.tokens) > cost.loss == math.log(512)
    told = found.page().to_markdown()
    assert "at most 6.24 nats per token" in told
    assert "a bound, not a forecast" in told


def test_bookkeeping_changes_no_draw():
    keys = {
        make_plan("lm-quick", changes=change).settings[0].key
        for change in (
            {"family.keep_models": True},
            {"family.keep_models": False},
            {"family.micro_batch": 4},
        )
    }
    assert len(keys) == 1
