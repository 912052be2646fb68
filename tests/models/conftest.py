"""Models and scripts that several files of tests talk to."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with random weights that continues text."""
    pytest.importorskip("torch", reason="needs wellhead[lm]")
    from tiny_models import tiny_model

    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")
