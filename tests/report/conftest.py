"""Pages under test."""

from __future__ import annotations

import pytest

from wellhead.report import Page

from .samples import HOSTILE, page_saying


@pytest.fixture
def hostile() -> Page:
    """A page in which every text is hostile."""
    return page_saying(HOSTILE)
