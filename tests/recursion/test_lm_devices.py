"""Which device, number format and processes are chosen; GPUs are played by fakes.

No GPU is needed and none is run: these tests hold the choices, not what a GPU makes of them.
"""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
from lm_corpus import SMALL, write_corpus

from wellhead.recursion import sweep
from wellhead.recursion.config import plan
from wellhead.recursion.distributed import connect
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.samplers import Beam, Unbiased

torch = pytest.importorskip("torch", reason="needs wellhead[lm]")
pytest.importorskip("transformers", reason="needs wellhead[lm]")

from wellhead.recursion import device  # noqa: E402
from wellhead.recursion.families.transformer import generation, streaming, training  # noqa: E402
from wellhead.recursion.families.transformer.network import from_scratch  # noqa: E402
from wellhead.recursion.families.transformer.tokens import learn  # noqa: E402


@pytest.fixture
def gpus(monkeypatch):
    """Four GPUs that multiply bf16; the number of the one in use can be read from the answer."""
    used = [0]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: used[0])

    def use(place) -> None:
        used[0] = place if isinstance(place, int) else place.index

    monkeypatch.setattr(torch.cuda, "set_device", use)
    return used


@pytest.fixture
def network():
    tokens = learn(["the well is deep and its water is clear"] * 20, 300)
    return from_scratch(0.01, tokens, 16, 0)


def test_cells_of_a_sweep_share_out_the_gpus(gpus, monkeypatch, tmp_path):
    monkeypatch.setattr(sweep, "cpu_count", lambda: 16)
    corpus = write_corpus(tmp_path / "corpus.txt")
    table = {"family": SMALL | {"corpus": corpus}, "regime": "replace", "generations": 1}
    family = plan(table).settings[0].family
    folder = sweep.Folder.create(tmp_path / "run", plan(table))
    assert sweep.processes_for(folder) == 4
    devices = []
    for place in range(4):
        family.take_place(place)
        devices.append(str(device.device()))
    assert devices == ["cuda:0", "cuda:1", "cuda:2", "cuda:3"]


def test_that_no_gpu_was_tried_is_said_once_where_one_is_used(gpus, monkeypatch, capsys):
    monkeypatch.delenv(device.TOLD, raising=False)
    device.processes()
    device.device()
    assert capsys.readouterr().err.count("nobody has tried with wellhead yet") == 1


def test_without_a_gpu_there_is_a_process_for_each_core(monkeypatch, tmp_path):
    monkeypatch.setattr(sweep, "cpu_count", lambda: 3)
    corpus = write_corpus(tmp_path / "corpus.txt")
    table = {"family": SMALL | {"corpus": corpus}, "regime": "replace", "generations": 1}
    folder = sweep.Folder.create(tmp_path / "run", plan(table))
    assert sweep.processes_for(folder) == 3


def become(monkeypatch, rank: int, of: int) -> list[str]:
    """Make this process one of several under torchrun; the back ends asked for are noted."""
    asked: list[str] = []
    monkeypatch.setenv("RANK", str(rank))
    monkeypatch.setenv("WORLD_SIZE", str(of))
    together = torch.distributed
    monkeypatch.setattr(together, "is_initialized", lambda: bool(asked))
    monkeypatch.setattr(together, "init_process_group", lambda backend: asked.append(backend))
    return asked


def test_under_torchrun_each_process_has_its_gpu_and_they_speak_nccl(gpus, monkeypatch):
    monkeypatch.setenv("LOCAL_RANK", "2")
    asked = become(monkeypatch, rank=2, of=4)
    assert connect() == (2, 4)
    assert asked == ["nccl"]
    assert gpus == [2]
    assert device.device() == torch.device("cuda:2")


def test_under_torchrun_without_gpus_processes_speak_gloo(monkeypatch):
    asked = become(monkeypatch, rank=1, of=2)
    assert connect() == (1, 2)
    assert asked == ["gloo"]


def test_a_gpu_works_in_bf16_only_where_it_multiplies_it(gpus, monkeypatch):
    def enabled(precision: str) -> bool:
        with device.autocast(precision, "cuda"):
            return torch.is_autocast_enabled("cuda")

    assert enabled("auto")
    assert not enabled("fp32")
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation
    )
    assert not enabled("auto")


def test_narrow_networks_train_in_fp32_on_a_cpu_and_in_bf16_on_a_gpu(network, monkeypatch):
    assert training.precision_of("auto", network) == "fp32"
    assert training.precision_of("bf16", network) == "bf16"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    assert training.precision_of("auto", network) == "auto"


def test_a_gpu_continues_more_rows_at_a_time(gpus, monkeypatch):
    batches = []

    def note(network, prompts, uniform, sampler):
        batches.append(len(prompts))
        return np.zeros(uniform.shape, dtype=np.int32)

    monkeypatch.setattr(generation, "_batch", note)
    for sampler in (Unbiased(), Beam()):
        prompts, rng = np.zeros((3000, 2)), np.random.default_rng(0)
        generation.continued(torch.nn.Identity(), prompts, 2, sampler, rng)
    assert batches == [2048, 952, 512, 512, 512, 512, 512, 440]


def test_a_training_step_adds_no_wait_for_its_device(network, monkeypatch):
    """On the device `meta` there are no numbers, so fetching one would raise.

    transformers itself fetches one in every pass, to see whether a row holds several documents.
    """
    from transformers import masking_utils

    monkeypatch.setattr(masking_utils, "find_packed_sequence_indices", lambda positions: None)
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda kind=None: False)
    monkeypatch.setattr(torch, "autocast", lambda *kind, **named: nullcontext())
    data = Blocks.real(np.ones((40, 16)))
    fit = training.Fit(network, data, training.Recipe(1, 16), 0, connect())
    fit.objective.to("meta")
    fit.tokens = streaming.held(data.tokens, torch.device("meta"))
    fit.mass = fit.mass.to("meta")
    fit.optimiser = torch.optim.AdamW(fit.network.parameters())
    for _ in range(fit.total):
        fit.one_step()
    assert fit.step == 3
    with pytest.raises((NotImplementedError, RuntimeError)):
        fit.fetch()
