"""Keys in files: made, read in three forms, used."""

import json
from pathlib import Path

import pytest

from raincore.base.errors import FormatError, WriteError
from raincore.dht.item import Item
from raincore.net import ed25519
from raincore.session import dht_keys
from raincore.storage import key_file

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0044.json").read_text("utf-8"))
SIGNED = [item for item in VECTORS["items"] if item["key"]]


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "key")


def test_a_new_key_signs_what_everybody_can_check(path):
    made = dht_keys.make(path, overwrite=False)
    again = dht_keys.load(path)
    assert (again.public, again.is_exposed) == (made.public, False)
    item = again.sign(Item(b"1:a", seq=3, salt=b"s"))
    assert item.key == made.public
    assert item.fault(ed25519.verify) is None
    assert made.sign(Item(b"1:a", seq=3, salt=b"s")) == item


def test_two_keys_are_never_the_same_and_none_is_lost(path):
    first = dht_keys.make(path, overwrite=False)
    with pytest.raises(WriteError):
        dht_keys.make(path, overwrite=False)
    assert dht_keys.load(path).public == first.public
    assert dht_keys.make(path, overwrite=True).public != first.public


@pytest.mark.parametrize("vector", SIGNED, ids=lambda vector: vector["name"])
def test_the_vectors_of_the_bep_are_signed_as_they_are(path, vector):
    key_file.write(path, bytes.fromhex(VECTORS["secret"]), overwrite=False)
    key = dht_keys.load(path)
    bare = Item(vector["value"].encode(), seq=vector["seq"], salt=vector["salt"].encode())
    item = key.sign(bare)
    assert item.key is not None
    assert item.signature is not None
    assert (item.key.hex(), item.signature.hex()) == (vector["key"], vector["signature"])
    assert item.target.hex() == vector["target"]
    assert item.fault(ed25519.verify) is None


def test_a_seed_with_its_public_key_behind_it_is_that_seed(path):
    seed = bytes(range(32))
    key_file.write(path, seed + ed25519.public_key(seed), overwrite=False)
    key = dht_keys.load(path)
    assert key.public == ed25519.public_key(seed)
    assert key.sign(Item(b"1:a")).fault(ed25519.verify) is None


def test_sixty_four_bytes_that_are_neither_are_refused(path):
    key_file.write(path, b"\xff" * 64, overwrite=False)
    with pytest.raises(FormatError, match="neither a seed nor an expanded key"):
        dht_keys.load(path)


def test_a_secret_is_not_shown_by_accident(path):
    key = dht_keys.make(path, overwrite=False)
    assert repr(key) == f"<SigningKey {key.public.hex()}>"
