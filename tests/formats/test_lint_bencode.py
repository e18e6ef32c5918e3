"""The order of keys, and who computes another info-hash."""

import hashlib

import pytest

from raincore.formats import bencoding, lint_bencode
from tests.formats import lint_samples
from tests.formats.lint_samples import hybrid, shuffled, single, v1, v2

PRESENT = {"transmission 3.00", "aria2 1.36"}


def sha1(value):
    return hashlib.sha1(bencoding.encode(value)).digest()


def findings(info, file_name=None):
    return lint_samples.findings(lint_samples.torrent(info), file_name)


def hashes(info, file_name=None):
    return {f.client: f.other_hash for f in findings(info, file_name) if f.client is not None}


def test_canonical_info_has_one_hash_for_all():
    assert hashes(v1()) == {}


@pytest.mark.parametrize(
    "info",
    [
        {"name": "a.bin", **{k: v for k, v in single().items() if k != "name"}},
        single(x={"b": 1, "a": {}}),
        single(x=[[{"b": 1, "a": 2}]]),
    ],
)
def test_keys_out_of_order_are_put_in_order_by_both(info):
    raw = shuffled(info)
    assert hashes(raw) == dict.fromkeys(PRESENT, sha1(info))
    [found] = [f for f in findings(raw) if f.code == "info-not-canonical"]
    assert found.where == "info"


def test_empty_keys_are_dropped_by_one_and_refused_by_the_other():
    info = single(x={"": 1, "y": [{"": 2}]})
    assert hashes(info) == {"aria2 1.36": sha1(single(x={"y": [{}]}))}


def test_every_hybrid_has_empty_keys_which_is_worth_a_note_only():
    info = hybrid()
    theirs = {**info, "file tree": {"a": {}, "b": {"c": {}}}}
    assert hashes(info) == {"aria2 1.36": sha1(theirs)}
    assert {f.severity for f in findings(info) if f.client} == {"note"}
    assert {f.severity for f in findings(shuffled(info)) if f.client} == {"warning"}


def test_neither_knows_v2():
    assert hashes(shuffled(v2())) == {}


def test_a_missing_name_is_that_of_the_file():
    info = single(name="")
    assert hashes(info) == {}
    assert hashes(info, "x.torrent") == {"transmission 3.00": sha1(single(name="x.torrent"))}
    assert hashes(single(name="", **{"name.utf-8": "b"}), "x.torrent") == {}


@pytest.mark.parametrize(
    ("extra", "clients"),
    [
        (2**63 - 1, PRESENT),
        (2**63, set()),
        (-(2**63) + 1, PRESENT),
        (-(2**63), {"transmission 3.00"}),
        (-(2**63) - 1, set()),
        ([[[1]]], PRESENT),
    ],
)
def test_numbers_that_a_client_refuses_have_no_hash(extra, clients):
    assert set(hashes(shuffled(single(z=1, y=extra)))) == clients


def test_what_is_nested_too_deeply_for_aria2_has_no_hash():
    deep: list = []
    for _ in range(47):
        deep = [deep]
    assert set(hashes(shuffled(single(z=1, y=deep)))) == PRESENT
    assert set(hashes(shuffled(single(z=1, y=[deep])))) == {"transmission 3.00"}


def test_keys_with_nul_may_stand_in_any_order_for_transmission():
    raw = shuffled({"a\0b": 1, "a\0a": 2, **single()})
    assert set(hashes(raw)) == {"aria2 1.36"}


def test_the_outer_dictionary_is_looked_at_on_its_own():
    raw = shuffled({"info": single(), "announce": lint_samples.URL})
    [found] = lint_samples.findings(raw)
    assert (found.code, found.where) == ("not-canonical", "")
    raw = shuffled({"announce": lint_samples.URL, "info": single(), "x": {"b": 1, "a": 2}})
    [found] = lint_samples.findings(raw)
    assert (found.code, found.message) == ("not-canonical", "keys are out of order: 'a'")


def test_only_the_first_key_out_of_order_is_named():
    raw = shuffled({**single(), "x": {"c": 1, "b": 2, "a": 3}})
    [found] = [f for f in lint_samples.findings(lint_samples.torrent(raw)) if not f.client]
    assert found.message == "keys are out of order: 'b' and 1 more"


def test_a_value_is_not_taken_for_another_by_its_depth():
    assert lint_bencode.of_aria2({b"a": [[1]]}) == sha1({"a": [[1]]})
    assert lint_bencode.of_transmission({b"name": b"x", b"a": 1}) == sha1({"a": 1, "name": "x"})


def test_bytes_behind_the_dictionary_are_counted():
    raw = lint_samples.torrent()
    [found] = lint_samples.findings(raw + b"\n")
    assert found[:3] == ("trailing-bytes", "warning", "")
    assert (
        found.message == f"1 byte is behind the end of the value, at offset {len(raw)}, and ignored"
    )
    [found] = lint_samples.findings(raw + bytes(2000))
    assert found.message.startswith("2,000 bytes are behind the end of the value, at offset ")


def test_keys_that_come_twice_are_an_error_and_nobody_foretells_the_hash():
    raw = bencoding.encode(single())
    found = findings(b"d4:name1:b" + raw[1:])[0]
    assert found[:3] == ("duplicate-key", "error", "")
    assert "key 'name' comes again at offset " in found.message
    assert found.message.endswith(": the last value counts")
    found, *others = findings(b"d4:name1:b6:lengthi3e" + raw[1:])
    assert ", the first of 2 such keys: " in found.message
    assert [one for one in others if one.client is not None] == []
