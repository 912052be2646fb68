"""The chain: whatever is done to a stored recording is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.collect.chain import Head, Link, extend, open_chain, seal, verify_chain

KEY, SESSION, OPENING = b"k" * 32, "s1", b'{"task":"a"}'


def build(bodies: list[bytes]) -> tuple[list[Link], Head]:
    links = [open_chain(KEY, SESSION, OPENING, 0)]
    for number, body in enumerate(bodies, 1):
        links.append(extend(KEY, SESSION, links[-1], body, number * 10))
    return links, seal(KEY, SESSION, links[-1])


def broken(links: list[Link], head: Head, key: bytes = KEY, session: str = SESSION) -> bool:
    return bool(verify_chain(key, session, OPENING, links, head))


Bodies = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8)


@given(Bodies)
def test_an_untouched_chain_holds(bodies: list[bytes]) -> None:
    """No false alarm."""
    assert not broken(*build(bodies))


@given(Bodies, st.data())
def test_any_flipped_bit_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    """In the content, the hash or the receipt of any link."""
    links, head = build(bodies)
    at = data.draw(st.integers(1, len(bodies)))
    field = data.draw(st.sampled_from(["body", "hash", "receipt"]))
    raw = bytearray(getattr(links[at], field))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    links[at] = links[at]._replace(**{field: bytes(raw)})
    assert broken(links, head)


@given(Bodies, st.data())
def test_a_dropped_batch_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    """Wherever it was, the last one included."""
    links, head = build(bodies)
    del links[data.draw(st.integers(0, len(bodies)))]
    assert broken(links, head)


@given(Bodies, st.data())
def test_a_repeated_batch_is_found(bodies: list[bytes], data: st.DataObject) -> None:
    """Even one that was genuine in its place."""
    links, head = build(bodies)
    at = data.draw(st.integers(0, len(bodies)))
    links.insert(at, links[at])
    assert broken(links, head)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=8), st.data())
def test_swapped_batches_are_found(bodies: list[bytes], data: st.DataObject) -> None:
    """Swapped whole, or swapped in content under their old numbers."""
    links, head = build(bodies)
    first = data.draw(st.integers(1, len(bodies) - 1))
    second = data.draw(st.integers(first + 1, len(bodies)))
    one, two = links[first], links[second]
    if data.draw(st.booleans()):
        links[first], links[second] = two, one
    elif one.body != two.body:
        links[first], links[second] = one._replace(body=two.body), two._replace(body=one.body)
    else:
        return
    assert broken(links, head)


@given(Bodies, st.integers(-5, 5).filter(bool))
def test_a_changed_receive_time_is_found(bodies: list[bytes], shift: int) -> None:
    """Times are part of what is signed."""
    links, head = build(bodies)
    links[-1] = links[-1]._replace(received_ms=links[-1].received_ms + shift)
    assert broken(links, head)


def test_a_chain_rebuilt_without_the_key_is_found() -> None:
    """Whoever edits the database cannot sign."""
    links, head = build([b"a", b"b"])
    forged = [open_chain(b"x" * 32, SESSION, OPENING, 0)]
    assert broken(forged, seal(b"x" * 32, SESSION, forged[0]))
    assert broken(links, head, session="another")


def test_each_altered_place_is_named_once() -> None:
    """A break does not drag everything after it along."""
    links, head = build([b"a", b"b", b"c", b"d"])
    links[2] = links[2]._replace(body=b"B")
    found = verify_chain(KEY, SESSION, OPENING, links, head)
    assert [(item.seq, item.problem) for item in found] == [(2, "the content was altered")]


def test_what_retention_removed_still_verifies() -> None:
    """The hashes of removed batches stay in the chain."""
    links, head = build([b"a", b"b", b"c"])
    links = [links[0], *(link._replace(body=None) for link in links[1:])]
    assert not broken(links, head)
    links[2] = links[2]._replace(hash=bytes(32))
    assert broken(links, head)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_an_end_cut_off_is_found(cut: int) -> None:
    """The sealed head says where the chain must end."""
    links, head = build([b"a", b"b", b"c"])
    shorter = links[:-cut]
    assert broken(shorter, head)
    moved = Head(shorter[-1].seq, shorter[-1].receipt, head.seal)
    assert broken(shorter, moved)
