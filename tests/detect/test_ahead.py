"""What is read ahead comes whole and in order; what is written behind is written in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from wellhead.detect.ahead import ahead
from wellhead.detect.behind import Behind


def test_everything_comes_in_order() -> None:
    assert list(ahead(iter(range(1000)))) == list(range(1000))


def test_an_error_of_reading_is_raised_after_what_was_read_before() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("torn page")

    items = ahead(broken())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ValueError, match="torn page"):
        next(items)


def test_reading_stops_a_few_items_after_its_user_did() -> None:
    read = []

    def endless() -> Iterator[int]:
        for number in range(10**9):
            read.append(number)
            yield number

    items = ahead(endless(), depth=2)
    assert next(items) == 0
    items.close()
    seen = len(read)
    assert seen <= 6
    time.sleep(0.2)
    assert len(read) == seen
    assert not [one for one in threading.enumerate() if one.name == "reading"]


def test_reading_goes_on_while_the_user_is_busy() -> None:
    """The second item is there before anybody asked for it."""
    second = threading.Event()

    def items() -> Iterator[int]:
        yield 1
        second.set()
        yield 2

    found = ahead(items())
    assert next(found) == 1
    assert second.wait(60)
    assert list(found) == [2]


def test_writing_goes_on_while_the_next_is_made() -> None:
    """The first job ends only after the second thing was made by whoever gave it."""
    made, written = threading.Event(), []

    def write() -> None:
        assert made.wait(5)
        written.append("first")

    behind = Behind()
    behind.do(write)
    made.set()
    behind.do(lambda: written.append("second"))
    behind.close()
    assert written == ["first", "second"]


def test_a_full_disk_is_told_to_whoever_comes_next() -> None:
    def write() -> None:
        raise OSError(28, "No space left on device")

    behind = Behind()
    behind.do(write)
    with pytest.raises(OSError, match="No space"):
        behind.do(lambda: None)
    behind.wait()
