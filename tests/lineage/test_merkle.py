"""Merkle trees: the test vectors of Certificate Transparency, and every proof of small trees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wellhead.lineage import merkle

# The entries and roots that implementations of Certificate Transparency share.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        *("", "00", "10", "2021", "3031", "40414243"),
        *("5051525354555657", "606162636465666768696a6b6c6d6e6f"),
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_certificate_transparency():
    found = [merkle.root(ENTRIES[: n + 1]).hex() for n in range(8)]
    assert found == ROOTS
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")


def test_the_known_inclusion_and_consistency_proofs_are_made():
    assert [step.hex() for step in merkle.inclusion_proof(ENTRIES, 0)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]
    assert [step.hex() for step in merkle.consistency_proof(ENTRIES, 1)] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.parametrize("size", range(1, 20))
def test_every_proof_holds_and_no_other_entry_passes(size):
    entries = [bytes([i]) for i in range(size)]
    head, tree = merkle.root(entries), merkle.Tree()
    for index in range(size):
        tree.add(merkle.leaf(entries[index]))
        assert tree.root == merkle.root(entries[: index + 1])
        proof = merkle.inclusion_proof(entries, index)
        assert merkle.verify_inclusion(entries[index], index, size, proof, head)
        assert not merkle.verify_inclusion(b"other", index, size, proof, head)
        assert not merkle.verify_inclusion(entries[index], index + 1, size, proof, head)
        assert not merkle.verify_inclusion(entries[index], index, size, [*proof, head], head)
        old = merkle.root(entries[: index + 1])
        steps = merkle.consistency_proof(entries, index + 1)
        assert merkle.verify_consistency(index + 1, size, steps, old, head)
        assert not merkle.verify_consistency(index + 1, size, steps, b"\0" * 32, head)
        assert not merkle.verify_consistency(index + 1, size, [*steps, head], old, head)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40), st.data())
def test_a_changed_history_has_no_consistency_proof(entries, data):
    at = data.draw(st.integers(0, len(entries) - 2))
    early = data.draw(st.integers(at + 1, len(entries) - 1))
    old = merkle.root(entries[:early])
    forged = [*entries[:at], entries[at] + b"!", *entries[at + 1 :]]
    proof = merkle.consistency_proof(forged, early)
    new = merkle.root(forged)
    assert not merkle.verify_consistency(early, len(entries), proof, old, new)
