"""A plan of a corpus whose texts carry their scores, as in `tests.curation`."""

from __future__ import annotations

import pytest

import wellhead as package
from tests.curation.conftest import Known, made


@pytest.fixture(scope="session")
def planned(tmp_path_factory) -> tuple[Known, object]:
    """A corpus, and the folder of a plan that drops."""
    folder = tmp_path_factory.mktemp("planned")
    known = made(folder / "data", human=320, machine=80, seed=4)
    plan = package.curate(known.corpus, assay=known.assay, policy="fdr", dial=0.1, out=folder / "p")
    return known, (folder / "p", plan)
