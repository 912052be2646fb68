"""What docs/collect-study-example.md defines, for tests that run it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "collect-study-example.md"


def blocks() -> list[Any]:
    """The page's code, block by block, to be executed in one namespace; the last one prints."""
    found = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [compile(block, str(PAGE), "exec") for block in found]
