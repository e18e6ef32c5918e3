import pytest

from raincore.dht.item import Item
from raincore.dht.item_store import ITEM_SECONDS, ItemStore
from raincore.wire.krpc_messages import ErrorCode
from tests.dht.places import OWN
from tests.sim.dht_network import trusting

KEY = b"k" * 32


def mutable(seq: int, value: bytes = b"i1e", *, key: bytes = KEY) -> Item:
    return Item(value, key, seq, key + bytes(32))


@pytest.fixture
def store() -> ItemStore:
    return ItemStore(trusting, max_items=20)


def put(store: ItemStore, item: Item, cas: int | None = None, now: float = 0.0) -> ErrorCode | None:
    return store.put(item, cas, OWN, now)


def test_items_are_kept_under_their_targets(store: ItemStore) -> None:
    immutable = Item(b"5:hello")
    assert put(store, immutable) is None
    assert put(store, mutable(1)) is None
    assert store.get(immutable.target) == immutable
    assert store.get(mutable(1).target) == mutable(1)


def test_newer_ones_replace_older_ones_only(store: ItemStore) -> None:
    put(store, mutable(5))
    assert put(store, mutable(4)) is ErrorCode.OLD_SEQUENCE_NUMBER
    assert put(store, mutable(5, b"i2e")) is ErrorCode.OLD_SEQUENCE_NUMBER
    assert put(store, mutable(6, b"i2e")) is None
    assert store.get(mutable(6).target) == mutable(6, b"i2e")


def test_cas_compares_with_what_is_stored(store: ItemStore) -> None:
    assert put(store, mutable(5), cas=3) is None  # nothing to compare with
    assert put(store, mutable(7), cas=4) is ErrorCode.CAS_MISMATCH
    assert put(store, mutable(7), cas=5) is None


def test_bad_items_are_refused(store: ItemStore) -> None:
    assert put(store, Item(b"x" * 1001)) is ErrorCode.VALUE_TOO_BIG
    assert put(store, Item(b"i1e", KEY, 1, bytes(64))) is ErrorCode.BAD_SIGNATURE
    assert len(store) == 0


def test_an_item_lasts_two_hours_from_when_it_was_put_last(store: ItemStore) -> None:
    put(store, mutable(5), now=0.0)
    put(store, Item(b"0:"), now=0.0)
    put(store, mutable(5), now=100.0)
    store.expire(ITEM_SECONDS)
    assert store.get(mutable(5).target) is not None
    assert store.get(Item(b"0:").target) is None
    store.expire(ITEM_SECONDS + 100.0)
    assert len(store) == 0


def test_a_full_store_prefers_what_is_close_to_us(store: ItemStore) -> None:
    items = sorted((Item(b"i%de" % n) for n in range(200)), key=lambda item: item.target)
    for item in reversed(items):
        put(store, item)
    assert len(store) == 20
    kept = {target for target in (item.target for item in items) if store.get(target)}
    worst = max(kept)
    assert worst <= items[40].target
    assert put(store, items[-1]) is ErrorCode.SERVER


def test_expired_items_make_room(store: ItemStore) -> None:
    for number in range(200):
        put(store, Item(b"i%de" % number), now=0.0)
    far = max((Item(b"i%de" % n) for n in range(200)), key=lambda item: item.target)
    assert put(store, far, now=1.0) is ErrorCode.SERVER
    assert put(store, far, now=ITEM_SECONDS) is None
