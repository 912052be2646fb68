"""One setting of the laboratory: what is fitted, on what mixture, how often, from which seed.

A setting is checked as a whole when it is made: contradictions raise `BadSetting` before any
work starts.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np

from wellhead.recursion.ensemble import Ensemble
from wellhead.recursion.family import FAMILIES, AnyFamily
from wellhead.recursion.plugin import describe, require
from wellhead.recursion.regimes import REGIMES, ChangingShare, Regime
from wellhead.recursion.samplers import SAMPLERS, Sampler, Unbiased
from wellhead.recursion.schedules import SCHEDULES, Constant, Schedule
from wellhead.recursion.selectors import SELECTORS, Everything, Selector

__all__ = ["Setting"]

MOST_BYTES = 6 * 2**30
AT_ONCE = 1_000_000  # chains that a repetition runs with ease
OF_A_CHAIN = 40  # numbers that a chain takes at once at least: its model, its measures, and theirs


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One column of the experiment.

    Args:
        label: what it is called in tables and curves.
        family: the models.
        regime: what each generation is trained on.
        generations: how many generations to run after generation 0.
        size: samples per generation (tokens for text); None means as many as the original data.
        sampler: how models are drawn from.
        selector: which new items are kept.
        schedule: how the sample size changes.
        chains: independent chains run side by side for each seed.
        every: generations between two records of the measures; the first fit and the last always
            have one.
    """

    label: str
    family: AnyFamily
    regime: Regime
    generations: int
    size: int | None = None
    sampler: Sampler = field(default_factory=Unbiased)
    selector: Selector = field(default_factory=Everything)
    schedule: Schedule = field(default_factory=Constant)
    chains: int = 1
    every: int = 1

    def __post_init__(self) -> None:
        require(self.generations >= 1, f"expected at least 1 generation, got {self.generations}.")
        require(self.size is None or self.size >= 1, f"expected a size above 0, got {self.size}.")
        require(self.chains >= 1, f"expected at least 1 chain, got {self.chains}.")
        require(self.every >= 1, f"expected every to be at least 1, got {self.every}.")
        self._check_sampler()
        self._check_regime()
        self._check_share()
        self.selector.check(self.family)
        self.family.check(self)
        self._check_chains()

    @property
    def fits(self) -> int:
        """How many models are fitted: one more where generation 0 is itself fitted."""
        return self.generations + (self.family.starts_from == "data")

    @property
    def needs_items(self) -> bool:
        """The selector looks at single items."""
        return self.selector.needs_items

    @property
    def subsamples(self) -> bool:
        """The regime draws parts of the same data more than once."""
        return self.regime.subsamples

    @property
    def takes_fresh(self) -> bool:
        """Generations take real items that were never seen before."""
        return self.regime.fresh(1_000_000) > 0

    def sizes(self, first: int = 0) -> list[int]:
        """Samples of each fit; the first has `first` where the setting names no size."""
        return self.schedule.sizes(self.size or first, self.fits)

    def opened(self) -> AnyFamily:
        """The family ready for work; several models of it where it fits one at a time."""
        family = self.family.open(self)
        if family.many_chains or self.chains == 1:
            return family
        return Ensemble(family, self.chains)

    def name_of(self, part: str) -> str:
        """The registered name of the family, regime, sampler, selector or schedule."""
        return str(self.to_dict()[part]["name"])

    def to_dict(self) -> dict[str, Any]:
        """The table from which the setting can be built again, defaults written out."""
        table: dict[str, Any] = {
            "label": self.label,
            "generations": self.generations,
            "chains": self.chains,
            "every": self.every,
            "family": describe(FAMILIES, self.family),
            "regime": describe(REGIMES, self.regime),
            "sampler": describe(SAMPLERS, self.sampler),
            "selector": describe(SELECTORS, self.selector),
            "schedule": describe(SCHEDULES, self.schedule),
        }
        return table if self.size is None else table | {"size": self.size}

    @cached_property
    def key(self) -> int:
        """A number that stands for everything that changes the draws of a chain.

        Label, record interval and number of generations are left out: more generations continue
        the same chains. Folders of data files are left out, so that a run can move. What a family
        learned to do later ("when given") counts where it is used, so that numbers which were
        drawn before stay as they are.
        """
        table = self.to_dict()
        for part in ("label", "every", "generations"):
            del table[part]
        table["lineages"] = table.pop("chains")  # its name when the first numbers were drawn
        for known in fields(self.family):  # type: ignore[arg-type]
            # What is kept, or how a batch is cut, changes no draw.
            if known.metadata.get("key") == "left out":
                table["family"].pop(known.name, None)
            elif known.metadata.get("key") == "default":
                table["family"][known.name] = known.default
            elif (
                known.metadata.get("key") == "when given"
                and getattr(self.family, known.name) == known.default
            ):
                table["family"].pop(known.name, None)
            if known.metadata.get("path") and table["family"].get(known.name):
                table["family"][known.name] = os.path.basename(table["family"][known.name])
        text = json.dumps(table, sort_keys=True)
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:12], "big")

    def check_memory(self, numbers: int) -> None:
        """Raise where items of `numbers` numbers each, drawn literally, would not fit.

        Raises:
            BadSetting: one cell would need more than `MOST_BYTES`.
        """
        sizes = self.sizes()
        items = sum(sizes) if self.name_of("regime").startswith("accumulate") else max(sizes)
        # Mixing holds the data, its parts and its weights at the same time.
        each = 3 * 8 * (numbers + 1) * items
        needed = each * self.chains
        grouped = self.regime.grouped
        require(
            each * grouped <= MOST_BYTES,
            f"{grouped} chain(s) of {items} literal items need about {each * grouped / 2**30:.0f} "
            f"GiB, more than {MOST_BYTES / 2**30:.0f}: lower size or generations.",
        )
        require(
            needed <= MOST_BYTES,
            f"{self.chains} chains of {items} literal items need about {needed / 2**30:.0f} "
            f"GiB in each process, more than {MOST_BYTES / 2**30:.0f}: {self._in_parts(each)}",
        )

    def fresh(self, first: int) -> int:
        """Real items never seen before that the largest generation takes if no selector drops any;
        the first has `first` items where the setting names no size."""
        return max((self.regime.fresh(size) for size in self.sizes(first)[1:]), default=0)

    def rng(self, seed: int, cell: int, *stream: int) -> np.random.Generator:
        """The generator of one stream of a cell; the same numbers wherever and whenever it runs."""
        sequence = np.random.SeedSequence(seed, spawn_key=(self.key, cell, *stream))
        return np.random.default_rng(sequence)

    def _check_chains(self) -> None:
        """Chains whose models and measures would not fit into memory are refused."""
        needed = 8 * OF_A_CHAIN * self.chains
        require(
            needed <= MOST_BYTES,
            f"{self.chains} chains side by side take about {needed / 2**30:.0f} GiB in each "
            f"process, more than {MOST_BYTES / 2**30:.0f}: {self._in_parts(8 * OF_A_CHAIN)}",
        )

    def _in_parts(self, each: int) -> str:
        """How as many chains of `each` bytes run, one repetition after the other."""
        grouped = self.regime.grouped
        part = max(1, min(AT_ONCE, MOST_BYTES // each) // grouped) * grouped
        return (
            "lower chains and raise seeds, which run one after the other and show how far they "
            f"are: --set chains={part} --set seeds={-(-self.chains // part)} are as many."
        )

    def _check_share(self) -> None:
        """A real share that rounds to no item at all would run as another regime."""
        shares, chance = _shares(self), self.regime.by_chance
        share = min((one for one in shares if one > 0), default=0.0)
        if self.size is None or share == 0 or chance:
            return
        least = min(self.schedule.sizes(self.size, self.fits))
        require(
            round(share * least) > 0,
            f"a share of {share:g} of {least} items rounds to none: ask for at least "
            f"{1 / least:.3g}, for a larger size, or for the regime replace.",
        )

    def _check_sampler(self) -> None:
        name = describe(SAMPLERS, self.sampler)["name"]
        require(
            name in self.family.samplers,
            f"the family {describe(FAMILIES, self.family)['name']} cannot draw with the sampler "
            f"'{name}'; it knows {', '.join(sorted(self.family.samplers))}.",
        )

    def _check_regime(self) -> None:
        regime, family = self.regime, self.family
        name = describe(REGIMES, regime)["name"]
        require(
            not regime.weighted or family.weighted,
            f"the regime {name} weights its data, which this family cannot fit.",
        )
        require(
            regime.endless or not self.selector.refill,
            f"the selector refills what it drops, but the regime {name} re-uses finite data that "
            "cannot be refilled: set refill = false, or use the regime fresh-real or replace.",
        )
        ensemble = family.ensembles and regime.grouped > 1
        alone = regime.grouped if ensemble else 1
        require(
            family.many_chains or self.chains == alone,
            f"this family runs one {'ecosystem' if ensemble else 'chain'} per seed, got chains = "
            f"{self.chains}: use seeds, and chains = {alone}.",
        )
        require(
            family.many_chains or ensemble or regime.grouped == 1,
            f"the regime {name} needs models side by side, which this family does not fit.",
        )
        require(
            family.many_chains or not ensemble or not self.needs_items,
            f"models of this family that share a web take no selector that looks at items, got "
            f"{describe(SELECTORS, self.selector)['name']}.",
        )
        require(
            self.chains % regime.grouped == 0,
            f"the regime {name} puts {regime.grouped} models into each ecosystem: make chains a "
            f"multiple of that, got {self.chains}.",
        )
        require(
            regime.schedule == "constant" or not isinstance(self.schedule, Constant),
            f"the regime {name} needs a schedule that grows, got constant.",
        )


def _shares(setting: Setting) -> list[float]:
    """The real shares that the generations of a setting ask for."""
    regime = setting.regime
    if isinstance(regime, ChangingShare):
        return regime.course.upto(setting.fits - 1)
    return [regime.share or 0.0]
