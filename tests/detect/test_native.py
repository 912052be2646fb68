"""Compiled code that an earlier run left gives the scores that numba gives, to the last bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wellhead
from wellhead.detect import NgramDetector, load_scorer, native
from wellhead.detect.bulk import column_of
from wellhead.detect.kernels import score_batch
from wellhead.detect.repairs import repaired_batch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kept code is for Linux")
TEXTS = [
    "It rained, and then it rained again. &amp; so on…",
    "",
    "**Sure!** Here is the text:\n\nNo",
]
PEOPLE = [
    f"We walked {miles} miles in the rain, and nobody complained much." for miles in range(30)
]
ODD = st.text(st.sampled_from("aB1' .,-–“”é漢。\n\t*#&;\u200b\U0001f600") | st.characters())


@pytest.fixture(scope="module")
def detector() -> NgramDetector:
    found = load_scorer("general")
    assert isinstance(found, NgramDetector)
    return found


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place without kept code, for a process that has looked for none."""

    def forget() -> None:
        native._ready.cache_clear()
        native._file.cache_clear()
        native._tried.clear()

    monkeypatch.setattr(native, "_folder", lambda: tmp_path)
    forget()
    yield tmp_path
    forget()


def by_numba(detector: NgramDetector, texts: list[str]) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "score_batch", score_batch)
        patch.setattr(native, "repaired_batch", repaired_batch)
        return detector.score_column(column_of(texts))


@settings(max_examples=60, deadline=None)
@given(st.lists(ODD, min_size=1, max_size=5))
def test_kept_code_scores_as_numba_does(texts: list[str]) -> None:
    detector = load_scorer("general")
    assert isinstance(detector, NgramDetector)
    kept, compiled = detector.score_column(column_of(texts)), by_numba(detector, texts)
    assert kept.tobytes() == compiled.tobytes()


def test_code_is_kept_by_the_first_use_and_a_damaged_file_is_made_anew(
    detector: NgramDetector, fresh: Path
) -> None:
    expected = detector.score(TEXTS)
    files = sorted(fresh.iterdir())
    assert [path.name.split("-")[0] for path in files] == ["repairing", "scoring"]
    files[1].write_bytes(files[1].read_bytes()[:-100])
    native._ready.cache_clear()
    native._tried.clear()
    np.testing.assert_array_equal(detector.score(TEXTS), expected)
    assert native._stored(files[1]) is not None


def test_code_that_calls_what_only_numba_has_is_not_kept(
    detector: NgramDetector, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "_HELPERS", native._HELPERS[:1])
    native._helpers.cache_clear()
    try:
        detector.score(TEXTS)
        kept = [path.name.split("-")[0] for path in fresh.iterdir()]
    finally:
        native._helpers.cache_clear()
    assert "repairing" not in kept  # its scratch memory is numba's


@pytest.mark.usefixtures("fresh")
def test_the_first_run_on_a_machine_says_that_it_compiles(detector: NgramDetector) -> None:
    def stages() -> list[str]:
        class Told:
            names: ClassVar[list[str]] = []

            def stage(self, text: str, total: float | None = None) -> None:
                self.names.append(text)

            def advance(self, amount: float = 1.0) -> None: ...

            def total(self, amount: float) -> None: ...

            def describe(self, text: str) -> None: ...

        wellhead.assay(PEOPLE, detector=detector, progress=Told())
        return [name for name in Told.names if "compiling" in name]

    assert len(stages()) == 1
    assert not stages()


def test_a_small_corpus_waits_for_no_library_that_scoring_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "It rained all day, and nobody went out."}\n')
    program = (
        "import sys, wellhead\n"
        "HEAVY = {'numba', 'scipy', 'pandas', 'sklearn', 'torch'}\n"
        f"found = wellhead.score({str(tmp_path / 'a.jsonl')!r})\n"
        "waited_for = HEAVY & set(sys.modules)\n"
        "print(found.scores()['score'][0].as_py().hex(), *waited_for)"
    )
    load_scorer("general").score(TEXTS)  # keeps the code, unless it is kept already
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    here = load_scorer("general").score(["It rained all day, and nobody went out."])
    assert done.stdout.decode().split() == [float(here[0]).hex()]
