"""What the machine's own counters say of the energy that a piece of work took.

Processors: Linux's powercap counters of whole packages (RAPL, Intel and AMD), in microjoules, which
start again at a range that stands beside them. Many systems let only root read them. GPUs: NVML's
counter in millijoules, where ``nvidia-ml-py`` is installed. The counters know nothing of programs:
whatever else ran meanwhile is counted too.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["POWERCAP", "Meter"]

POWERCAP = Path("/sys/class/powercap")


class Meter:
    """Reads the counters now, and tells later what has come to them.

    Args:
        sharers: how many pieces of work run at the same time; each gets an equal part.
    """

    def __init__(self, sharers: int = 1) -> None:
        self._sharers = sharers
        self._before = _packages() | _gpus()

    def joules(self) -> float | None:
        """Energy since the start, or None where no counter can be read.

        A package whose counter came around more than once in between is counted too low: at full
        load that takes most of an hour or longer.
        """
        after = _packages() | _gpus()
        known = self._before.keys() & after.keys()
        if not known:
            return None
        used = 0.0
        for name in known:
            (start, turn), (end, _) = self._before[name], after[name]
            used += end - start if end >= start else end - start + turn
        return used / self._sharers


Counters = dict[str, tuple[float, float]]  # joules, and joules at which it starts again


def _packages() -> Counters:
    found = {}
    # Parts of a package are named package:part, and would be counted twice.
    for domain in POWERCAP.glob("intel-rapl:[0-9]*"):
        if domain.name.count(":") == 1:
            try:
                now, turn = (
                    int((domain / name).read_text()) / 1e6
                    for name in ("energy_uj", "max_energy_range_uj")
                )
            except (OSError, ValueError):
                continue
            found[domain.name] = (now, turn)
    return found


def _gpus() -> Counters:
    try:
        import pynvml
    except ImportError:
        return {}
    try:
        pynvml.nvmlInit()
        handles = [
            pynvml.nvmlDeviceGetHandleByIndex(number)
            for number in range(pynvml.nvmlDeviceGetCount())
        ]
        return {
            f"gpu {number}": (pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3, 0.0)
            for number, handle in enumerate(handles)
        }
    except pynvml.NVMLError:
        return {}
