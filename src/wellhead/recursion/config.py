"""What to run, from a TOML file, a table or the name of a preset: a checked `Plan`.

Top-level keys describe the experiment (``name``, ``title``, ``about``, ``seed``, ``seeds``) and
the base of every setting (``family``, ``regime``, ``sampler``, ``selector``, ``schedule``,
``generations``, ``size``, ``chains``, ``every``). ``[[settings]]`` lists changes to the base,
each with a label; ``[sweep]`` gives lists of values by dotted key, of which every combination is
run; ``[full]`` holds what changes when the full-size version is asked for. docs/collapse.md
documents each key.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import wellhead.recursion.families  # noqa: F401  (registers the families)
from wellhead._registry import Registry
from wellhead.errors import BadInput, BadSetting, unknown_name
from wellhead.recursion.family import FAMILIES
from wellhead.recursion.favour import Favouring  # noqa: F401  (registers it)
from wellhead.recursion.filters import Filter  # noqa: F401  (registers the filters)
from wellhead.recursion.importance import Importance  # noqa: F401  (registers it)
from wellhead.recursion.plugin import build, require, typed
from wellhead.recursion.regimes import REGIMES
from wellhead.recursion.samplers import SAMPLERS
from wellhead.recursion.schedules import SCHEDULES
from wellhead.recursion.selectors import SELECTORS
from wellhead.recursion.setting import Setting
from wellhead.recursion.shared_web import SharedWeb  # noqa: F401  (registers it)

__all__ = ["Plan", "load_table", "plan"]

PARTS: dict[str, Registry[Any]] = {
    "family": FAMILIES,
    "regime": REGIMES,
    "sampler": SAMPLERS,
    "selector": SELECTORS,
    "schedule": SCHEDULES,
}
NUMBERS = ("generations", "size", "chains", "every")
EXPERIMENT = {"name": str, "title": str, "about": str, "headline": str, "seed": int, "seeds": int}
FORMER = {"lineages": "chains"}  # what keys were called before
LAYERS = ("settings", "sweep", "full")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A checked experiment: every setting is run once for each of `seeds` repetitions."""

    name: str
    settings: tuple[Setting, ...]
    seed: int = 0
    seeds: int = 1
    title: str = ""
    about: str = ""
    headline: str = ""  # the measure that the experiment is about

    def __post_init__(self) -> None:
        require(self.seeds >= 1, f"seeds: expected at least 1, got {self.seeds}.")
        require(self.seed >= 0, f"seed: expected 0 or more, got {self.seed}.")
        labels = [setting.label for setting in self.settings]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        require(not twice, f"settings: the label '{twice[0] if twice else ''}' is used twice.")

    def to_dict(self) -> dict[str, Any]:
        """The table from which the same plan is built again."""
        headline = {"headline": self.headline} if self.headline else {}
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            **headline,
            "seed": self.seed,
            "seeds": self.seeds,
            "settings": [setting.to_dict() for setting in self.settings],
        }


def plan(
    table: Mapping[str, Any], *, full: bool = False, changes: Mapping[str, Any] | None = None
) -> Plan:
    """The plan that a table describes.

    Args:
        table: as read from TOML.
        full: apply the ``[full]`` part.
        changes: values by dotted key that replace those of the table, such as
            ``{"regime.share": 0.2}``. A swept key is narrowed to that value, or to a list of
            them. Others reach the base and every entry of ``[[settings]]`` that does not set the
            same key itself.

    Raises:
        wellhead.errors.BadSetting: unknown keys, wrong types, values outside their range,
            settings that contradict each other, or a change that would reach no setting.

    >>> plan({"family": "gaussian", "regime": "replace", "size": 20, "generations": 3}).seeds
    1
    >>> plan({"family": "gaussian", "regime": "replace", "size": 20, "generation": 3})
    Traceback (most recent call last):
    ...
    wellhead.errors.BadSetting: unknown key 'generation': did you mean 'generations'? Known: \
about, chains, every, family, full, generations, headline, name, regime, sampler, schedule, seed, \
seeds, selector, settings, size, sweep, title
    """
    _known(table, (*EXPERIMENT, *PARTS, *NUMBERS, *LAYERS))
    require(not full or "full" in table, "this experiment has no [full] part: drop --full.")
    layered = _merge(table, table["full"]) if full else dict(table)
    changes = {_swept(key, layered): value for key, value in (changes or {}).items()}
    for key, value in changes.items():
        layered = _merge(layered, _narrowed(key, value, layered))
    _known(layered, (*EXPERIMENT, *PARTS, *NUMBERS, *LAYERS))
    base = {key: layered[key] for key in (*PARTS, *NUMBERS) if key in layered}
    entries = [_entry(base, entry) for entry in layered.get("settings", [{}])]
    swept = [each for entry in entries for each in _sweep(entry, layered.get("sweep", {}))]
    for key, value in changes.items():
        for each in (
            value if key in layered.get("sweep", {}) and isinstance(value, list) else [value]
        ):
            _check_reach(swept, key, each)
    return Plan(
        **{"name": "experiment"} | _experiment(layered),
        settings=tuple(_setting(entry) for entry in swept),
    )


def _swept(key: str, table: Mapping[str, Any]) -> str:
    """The key, or that of the names of a part where these are swept: regime for regime.name."""
    return f"{key}.name" if key in PARTS and f"{key}.name" in table.get("sweep", {}) else key


def _narrowed(key: str, value: Any, table: Mapping[str, Any]) -> dict[str, Any]:
    """The layer that a change is: a swept key keeps the one value, or those in the list."""
    swept = table.get("sweep", {})
    if key not in swept:
        return _nested(key, value)
    several = isinstance(value, list) and not any(isinstance(old, list) for old in swept[key])
    return {"sweep": {key: value if several else [value]}}


def _experiment(table: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the experiment as a whole."""
    return {key: typed(table[key], kind, key) for key, kind in EXPERIMENT.items() if key in table}


def load_table(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The table in a TOML file; its name is the file's unless it says otherwise.

    Raises:
        wellhead.errors.BadInput: no such file, or not TOML.
    """
    file = Path(path)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"config {file}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"config {file}: expected TOML: {error}.") from None
    return {"name": file.stem} | table


def _setting(entry: Mapping[str, Any]) -> Setting:
    regime = entry.get("regime")
    named = regime.get("name") if isinstance(regime, Mapping) else regime
    label = str(entry.get("label") or named)
    where = f"setting '{label}'"
    for key in ("family", "regime", "generations"):
        require(key in entry, f"{where}: '{key}' is missing.")
    parts = {
        key: build(known, entry[key], where=key) for key, known in PARTS.items() if key in entry
    }
    parts.setdefault("sampler", build(SAMPLERS, "unbiased", where="sampler"))
    parts.setdefault("selector", _default_selector())
    parts.setdefault("schedule", build(SCHEDULES, parts["regime"].schedule, where="schedule"))
    parts["family"] = _with_absolute_paths(parts["family"])
    numbers = {key: typed(entry[key], int, key) for key in NUMBERS if key in entry}
    try:
        return Setting(label=label, **parts, **numbers)
    except BadSetting as error:
        raise BadSetting(f"{where}: {error}") from None


def _default_selector() -> Any:
    return build(SELECTORS, "none", where="selector")


def _with_absolute_paths(family: Any) -> Any:
    changes = {
        field.name: os.path.abspath(getattr(family, field.name))
        for field in dataclasses.fields(family)
        if field.metadata.get("path") and os.path.exists(getattr(family, field.name) or "")
    }
    return dataclasses.replace(family, **changes)


def _entry(base: Mapping[str, Any], entry: object) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise BadSetting(f"settings: expected tables, got {entry!r}.")
    _known(entry, ("label", *PARTS, *NUMBERS))
    return _merge(base, entry)


def _sweep(entry: dict[str, Any], sweep: object) -> list[dict[str, Any]]:
    """The entry once for every combination of the swept values, labelled by them."""
    if not isinstance(sweep, Mapping) or not all(isinstance(v, list) and v for v in sweep.values()):
        raise BadSetting("sweep: expected a list of values for each dotted key.")
    combinations = []
    for values in itertools.product(*sweep.values()):
        changed, words = entry, [str(entry["label"])] if entry.get("label") else []
        for key, value in zip(sweep, values, strict=True):
            _known(_nested(key, value), (*PARTS, *NUMBERS))
            changed = _merge(changed, _nested(key, value))
            # "replace" says as much as "regime.name replace".
            last = key.rpartition(".")[2]
            words.append(_name(value) if last == "name" else f"{last} {_name(value)}")
        combinations.append(changed | ({"label": ", ".join(words)} if words else {}))
    return combinations


def _merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `change` laid over it; a part that gets another name starts anew."""
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        if key in PARTS and isinstance(value, Mapping):
            old = {"name": old} if isinstance(old, str) else old
            # A change may come before the name of what it changes: every setting has its own.
            same = isinstance(old, Mapping) and (
                "name" not in old or value.get("name", old["name"]) == old["name"]
            )
            merged[key] = {**old, **value} if same and isinstance(old, Mapping) else dict(value)
        elif key == "sweep" and isinstance(value, Mapping) and isinstance(old, Mapping):
            merged[key] = {**old, **value}
        else:
            merged[key] = value
    return merged


def _nested(key: str, value: Any) -> dict[str, Any]:
    part, _, rest = key.partition(".")
    if not rest:
        return {key: value}
    return {part: {rest: value}}


def _check_reach(entries: list[dict[str, Any]], key: str, value: Any) -> None:
    """Refuses a change that every setting, or a sweep, overrides: it would be lost in silence."""
    part, _, rest = key.partition(".")
    if part not in (*PARTS, *NUMBERS) or isinstance(value, Mapping):
        return
    found = []
    for entry in entries:
        item = entry.get(part)
        if part in PARTS and not isinstance(item, Mapping):
            item = {"name": item}
        found.append(item.get(rest or "name") if isinstance(item, Mapping) else item)
    require(
        value in found,
        f"{key}: {value!r} would change nothing, because every setting or the sweep has its own "
        f"{part}: copy the experiment into a TOML file and change it there.",
    )


def _name(value: object) -> str:
    if isinstance(value, Mapping):
        settings = [f"{key} {item}" for key, item in value.items() if key != "name"]
        return " ".join([str(value.get("name", "")), *settings]).strip()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _known(table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key in FORMER:
            raise BadSetting(f"unknown key '{key}': did you mean '{FORMER[key]}'?")
        if key not in known:
            raise unknown_name("key", key, known)
