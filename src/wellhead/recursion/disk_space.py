"""Room on disk: how much a run takes at most, said before it starts, and refused beyond a limit."""

from __future__ import annotations

import shutil
import sys

from wellhead.errors import BadSetting, WellheadError
from wellhead.recursion.folder import Cell, Folder

__all__ = ["announce", "require_disk_space"]

WORTH_SAYING = 10_000_000  # bytes


def require_disk_space(folder: Folder, cells: list[Cell]) -> int:
    """Bytes that these cells take at most.

    Raises:
        BadSetting: a cell takes more than its family allows.
        WellheadError: the disk has less room than that.
    """
    total = 0
    for cell in cells:
        setting = folder.plan.settings[cell.setting]
        try:
            total += setting.family.disk(setting)
        except BadSetting as error:
            raise BadSetting(f"setting '{setting.label}': {error}") from None
    free = shutil.disk_usage(folder.path).free
    if total > free:
        raise WellheadError(
            f"{folder.path}: the run may take {spoken(total)}, the disk has {spoken(free)} left. "
            "Make room, choose another folder with --out, or run fewer seeds or generations."
        )
    return total


def announce(size: int, *, show: bool) -> None:
    """Say on stderr how much is taken at most, where that is worth knowing."""
    if show and size >= WORTH_SAYING:
        sys.stderr.write(f"disk: at most {spoken(size)}\n")


def spoken(size: float) -> str:
    """Bytes for people.

    >>> spoken(43_000_000), spoken(2.5e9)
    ('43 MB', '2.5 GB')
    """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
