"""A run told before it is started: what each setting takes, as a result like any other."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar

from wellhead._result import Result
from wellhead.errors import BadSetting
from wellhead.recursion.config import Plan
from wellhead.recursion.families.transformer.cost import Cost, Gpu, cost_of, gpu_named
from wellhead.recursion.families.transformer.family import Transformer
from wellhead.recursion.setting import Setting

__all__ = ["DryRun", "SettingCost", "dry_run"]


@dataclass(frozen=True)
class SettingCost:
    """One repetition of one setting."""

    label: str
    cost: Cost


@dataclass(frozen=True, repr=False)
class DryRun(Result):
    """What a run of language models would take.

    Args:
        name: of the run.
        gpu, gpus, price: what it is reckoned for.
        seeds: repetitions of every setting.
        settings: the cost of one repetition of each.
        hours, dollars: of everything.
        width: of the networks.
    """

    schema_version: ClassVar[int | None] = 1

    name: str
    gpu: Gpu
    gpus: int
    price: float
    seeds: int
    settings: tuple[SettingCost, ...]
    hours: float
    dollars: float
    width: int


def dry_run(plan: Plan, *, gpu: str = "H100", gpus: int = 1, price: float | None = None) -> DryRun:
    """What a plan takes; nothing is run, and a corpus is read only where its size is not known.

    Args:
        plan: of `make_plan`.
        gpu: a name of `GPUS`.
        gpus: how many, which train one model together.
        price: of one for an hour, in dollars; left out, a round assumption.

    Raises:
        BadSetting: another family than transformer, a model from a base, or an unknown GPU.
    """
    chosen = gpu_named(gpu)
    hourly = chosen.price if price is None else price
    found = []
    for setting in plan.settings:
        family = _family(setting)
        sizes = setting.sizes(setting.size or family.most_blocks())
        cost = cost_of(family, _learned(setting, sizes), chosen, gpus, hourly)
        found.append(SettingCost(setting.label, cost))
    hours = plan.seeds * sum(each.cost.hours for each in found)
    return DryRun(
        *(plan.name, chosen, gpus, hourly, plan.seeds, tuple(found), hours),
        dollars=hours * gpus * hourly,
        width=_width(plan),
    )


def _learned(setting: Setting, sizes: list[int]) -> list[int]:
    """Blocks that each fit learns from, where data of earlier generations stays."""
    match setting.name_of("regime"):
        case "accumulate":
            return list(accumulate(sizes))
        case "synthetic-added":
            return [sizes[0], *(size + sizes[0] for size in sizes[1:])]
    return sizes


def _family(setting: Setting) -> Transformer:
    if not isinstance(setting.family, Transformer) or setting.family.base is not None:
        raise BadSetting(
            f"setting '{setting.label}': a dry run is for language models trained from scratch "
            "(family transformer without a base); this one is run to see what it takes."
        )
    return setting.family


def _width(plan: Plan) -> int:
    from wellhead.recursion.families.transformer.shape import shape

    return min(shape(_family(setting).parameters).width for setting in plan.settings)
