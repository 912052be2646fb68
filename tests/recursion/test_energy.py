"""The energy a run took, from counters laid out as the kernel lays them out."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import wellhead.recursion
from wellhead.recursion import energy
from wellhead.recursion.energy import Meter

TABLE = {"family": "gaussian", "regime": "replace", "size": 20, "generations": 3, "chains": 50}


def turn_to(counters: Path, package: str, microjoules: int) -> None:
    (counters / package).mkdir(exist_ok=True)
    # Renamed: a reader of the kernel's files never sees an empty one.
    for name, number in (("max_energy_range_uj", 1_000_000), ("energy_uj", microjoules)):
        (counters / "new").write_text(f"{number}\n")
        (counters / "new").replace(counters / package / name)


@pytest.fixture
def counters(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "powercap"
    folder.mkdir()
    monkeypatch.setattr(energy, "POWERCAP", folder)
    return folder


def test_packages_are_added_and_their_parts_are_not(counters):
    for package in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        turn_to(counters, package, 100_000)
    meter = Meter()
    for package in ("intel-rapl:0", "intel-rapl:1", "intel-rapl:0:0"):
        turn_to(counters, package, 300_000)
    assert meter.joules() == pytest.approx(0.4)


def test_a_counter_that_came_around_is_followed(counters):
    turn_to(counters, "intel-rapl:0", 900_000)
    meter = Meter()
    turn_to(counters, "intel-rapl:0", 100_000)
    assert meter.joules() == pytest.approx(0.2)


def test_cells_that_run_at_the_same_time_share_the_energy(counters):
    turn_to(counters, "intel-rapl:0", 0)
    meter = Meter(sharers=2)
    turn_to(counters, "intel-rapl:0", 600_000)
    assert meter.joules() == pytest.approx(0.3)


def test_no_counter_is_no_energy_and_not_none_spent(counters):
    assert Meter().joules() is None
    run = wellhead.collapse(TABLE)
    assert run.joules is None
    assert "energy" not in run._repr_html_()


def test_a_report_tells_the_energy_that_the_counters_told(counters):
    turn_to(counters, "intel-rapl:0", 0)
    over = threading.Event()

    def run_hot() -> None:
        spent = 0
        while not over.wait(0.001):
            turn_to(counters, "intel-rapl:0", spent := spent + 1_000)

    heater = threading.Thread(target=run_hot)
    heater.start()
    try:
        run = wellhead.collapse(TABLE, workers=1)
    finally:
        over.set()
        heater.join()
    assert run.joules is not None
    assert run.joules > 0
    assert run.to_dict()["cost"]["joules"] == run.joules
    assert "Wh" in run._repr_html_()
