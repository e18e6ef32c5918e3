"""The metadata of a magnet link is found again, if it is the right one."""

import hashlib

import pytest

from raincore.base.errors import StorageError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.formats import bencoding
from raincore.formats import info as infos
from raincore.net.offload import InlineOffload
from raincore.session.known_metadata import KnownMetadata
from raincore.storage.resume_store import ResumeStore
from tests.sim.v2_content import v2_sample
from tests.swarm.swarm_world import info_of

V1 = info_of()
V2 = infos.parse(
    bencoding.encode(
        {
            "file tree": {"n": {"": {"length": 5, "pieces root": bytes(32)}}},
            "meta version": 2,
            "name": "n",
            "piece length": 16384,
        }
    )
)


@pytest.fixture
def store(tmp_path):
    opened = ResumeStore.open(tmp_path / "resume")
    yield opened
    opened.close()


def no_warning(record: records.Event) -> None:
    raise AssertionError(record)


async def test_what_was_looked_for_is_found_again_by_its_hash(store):
    known = KnownMetadata(store, InlineOffload())
    for info in (V1, V2):
        assert await known.recall(info.swarm_hash, None) == (None, {})
        await known.remember(info, {}, no_warning)
        assert await known.recall(info.swarm_hash, None) == (info, {})


async def test_every_hash_of_the_link_must_fit(store):
    known = KnownMetadata(store, InlineOffload())
    await known.remember(V1, {}, no_warning)
    good = InfoHashV2(hashlib.sha256(V1.raw).digest())
    assert await known.recall(V1.swarm_hash, InfoHashes(V1.info_hash, good)) == (V1, {})
    assert await known.recall(V1.swarm_hash, InfoHashes(V1.info_hash, InfoHashV2(bytes(32)))) == (
        None,
        {},
    )


async def test_a_hybrid_is_found_by_either_swarm(store):
    value = {
        "file tree": {"n": {"": {"length": 5, "pieces root": bytes(32)}}},
        "length": 5,
        "meta version": 2,
        "name": "n",
        "piece length": 16384,
        "pieces": bytes(20),
    }
    hybrid = infos.parse(bencoding.encode(value))
    known = KnownMetadata(store, InlineOffload())
    await known.remember(hybrid, {}, no_warning)
    assert hybrid.info_hash_v2 is not None
    assert await known.recall(hybrid.swarm_hash, None) == (hybrid, {})
    assert await known.recall(hybrid.info_hash_v2.truncated(), None) == (hybrid, {})


async def test_without_a_store_nothing_is_known():
    known = KnownMetadata(None, InlineOffload())
    await known.remember(V1, {}, no_warning)
    assert await known.recall(V1.swarm_hash, None) == (None, {})


async def test_what_cannot_be_kept_is_a_warning():
    class Full:
        def save_info(self, info_hash: str, raw: bytes) -> None:
            raise StorageError("disk full")

    told = []
    await KnownMetadata(Full(), InlineOffload()).remember(V1, {}, told.append)  # type: ignore[arg-type]
    assert [(record.code, record.info_hash) for record in told] == [
        ("not_remembered", InfoHash(V1.swarm_hash))
    ]


async def test_piece_layers_are_remembered_and_believed_only_if_they_lead_to_the_root(store):
    made = v2_sample()
    known = KnownMetadata(store, InlineOffload())
    await known.remember(made.info, made.layers, no_warning)
    assert await known.recall(made.info.swarm_hash, None) == (made.info, made.layers)
    root = next(iter(made.layers))
    store.put(f"layer:{root.hex()}", bytes(64))
    kept = {other: layer for other, layer in made.layers.items() if other != root}
    assert await known.recall(made.info.swarm_hash, None) == (made.info, kept)
    store.put(f"layer:{root.hex()}", b"no hash")
    assert await known.recall(made.info.swarm_hash, None) == (made.info, kept)
