"""The folder of a watch whose gateway and meter are two users of the system, in one group.

The meter reads the log and the spool and writes verdicts; each deletes and renames only what is its
own, but for the spool, which the meter empties. The key, the heads and the lists of canaries and
probes stay the gateway's.
"""

from __future__ import annotations

import os

from wellhead.errors import BadSetting
from wellhead.watch.settings import Settings

__all__ = ["share"]

_FOLDER, _SPOOL = 0o3770, 0o2770  # new files take the folder's group; sticky, but for the spool


def share(settings: Settings) -> None:
    """Open the folder to the group of the settings, where one is named.

    Raises:
        BadSetting: no such group, or this user is not in it.
    """
    if not settings.group:
        return
    import grp

    try:
        name = settings.group
        number = int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
        for path, mode in ((settings.folder, _FOLDER), (settings.folder / "spool", _SPOOL)):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, -1, number)
            path.chmod(mode)
    except (KeyError, PermissionError) as error:
        raise BadSetting(
            f"expected group = {settings.group!r} to be a group of the system that this user is "
            f"in, and {settings.folder} to be this user's folder: {error}"
        ) from error
