import hashlib

import pytest

from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.info_hashes import InfoHashes

RAW = b"d4:name1:ne"
V1 = InfoHash(hashlib.sha1(RAW).digest())
V2 = InfoHashV2(hashlib.sha256(RAW).digest())
OTHER_V1, OTHER_V2 = InfoHash(bytes(20)), InfoHashV2(bytes(32))


@pytest.mark.parametrize(
    ("hashes", "fits"),
    [
        (InfoHashes(V1), True),
        (InfoHashes(OTHER_V1), False),
        (InfoHashes(None, V2), True),
        (InfoHashes(None, OTHER_V2), False),
        (InfoHashes(V1, V2), True),
        (InfoHashes(V1, OTHER_V2), False),
        (InfoHashes(OTHER_V1, V2), False),
    ],
)
def test_every_hash_that_is_known_must_agree(hashes: InfoHashes, fits: bool) -> None:
    assert hashes.fit(RAW) is fits


def test_twenty_bytes_may_be_the_beginning_of_a_v2_hash() -> None:
    assert InfoHashes(V2.truncated()).fit(RAW)


def test_the_beginning_of_a_v2_hash_does_not_do_where_all_of_it_is_known() -> None:
    near = InfoHashV2(V2[:20] + bytes(12))
    assert not InfoHashes(None, near).fit(RAW)


def test_a_hybrid_has_two_swarms_and_is_known_by_its_v1_hash_first() -> None:
    hybrid = InfoHashes(V1, V2)
    assert hybrid.swarm == V1
    assert hybrid.swarms == (V1, V2.truncated())
    assert hybrid.is_v2(V2.truncated())
    assert not hybrid.is_v2(V1)


@pytest.mark.parametrize("hashes", [InfoHashes(V1), InfoHashes(V2.truncated(), V2)])
def test_others_have_one_swarm(hashes: InfoHashes) -> None:
    assert hashes.v1 is not None
    assert hashes.swarms == (hashes.v1,)


def test_a_v2_torrent_is_known_by_twenty_bytes_of_its_hash() -> None:
    v2_only = InfoHashes(None, V2)
    assert v2_only.swarms == (V2.truncated(),)
    assert v2_only.is_v2(v2_only.swarm)


def test_no_hash_is_no_name() -> None:
    with pytest.raises(ValueError, match="no hash"):
        InfoHashes(None)
