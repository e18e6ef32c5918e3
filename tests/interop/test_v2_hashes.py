"""Hashes of v2 files and the way from v1 to v2: we say what libtorrent says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from raincore.formats import merkle, metainfo
from tests.interop import client
from tests.interop.hash_peer import HashPeer
from tests.interop.rain_client import RainFetch, spell
from tests.interop.scripted_peer import ScriptedPeer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Client, Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.libtorrent_client import Libtorrent

pytestmark = pytest.mark.usefixtures("only_rain")

SECONDS = 90.0
BLOCK, MIB = 16 * 1024, 1 << 20
LIAR = "127.0.0.2"
SPARE_BLOCKS = 48
"""What was asked of two at the end, or was under way when the liar was banned."""


def test_runs_of_every_layer_are_those_of_libtorrent(
    ours: Client, libtorrent: Libtorrent, place: Place, make_torrent: MakeTorrent, source: Path
) -> None:
    torrent = make_torrent("odd sizes", "v2")
    info = metainfo.parse(torrent.path.read_bytes()).info
    seeds = ours.seed(place, torrent, source), libtorrent.seed(place, torrent, source)
    given = 0
    with (
        HashPeer(seeds[0].address, torrent.info_hash) as we,
        HashPeer(seeds[1].address, torrent.info_hash) as they,
    ):
        for entry in info.files:
            if entry.pieces_root is None or entry.length <= BLOCK:
                continue
            leaves = -(-entry.length // BLOCK)
            height = (leaves - 1).bit_length()
            for base in range(height):
                for length in (2, 4, 16):
                    if length > 1 << (height - base):
                        continue
                    last = (-(-leaves >> base) - 1) // length * length
                    for index in {0, last}:
                        proof = height - base - 1
                        asked = entry.pieces_root, base, index, length, proof
                        answer = we.ask(*asked)
                        assert answer is not None, asked
                        own = 32 * length
                        node = merkle.root(answer[:own], base)
                        root = merkle.climb(node, index // length, answer[own:])
                        assert root == entry.pieces_root, asked
                        if base in (0, merkle.height_of(info.piece_length)):
                            assert they.ask(*asked) == answer, asked
                            given += 1
                        if not base:  # as far as the piece's own hash, which is known
                            within = *asked[:4], merkle.height_of(info.piece_length) - 1
                            assert they.ask(*within) == we.ask(*within), within
    assert given > 20


def test_who_offers_v2_is_answered_with_its_hash_as_by_libtorrent(
    ours: Client, libtorrent: Libtorrent, place: Place, make_torrent: MakeTorrent, source: Path
) -> None:
    torrent = make_torrent("single file", "hybrid")
    for seed in (ours.seed(place, torrent, source), libtorrent.seed(place, torrent, source)):
        for asked, offer, expected in (
            (torrent.info_hash, True, torrent.info_hash_v2[:20]),
            (torrent.info_hash, False, torrent.info_hash),
            (torrent.info_hash_v2[:20], False, torrent.info_hash_v2[:20]),
        ):
            with HashPeer(seed.address, asked, offer=offer) as peer:
                assert peer.heard.info_hash == expected
                assert peer.heard.v2 is (expected == torrent.info_hash)


@pytest.mark.parametrize("we_seed", [False, True], ids=["fetch", "seed"])
def test_a_hybrid_goes_by_its_v2_hash_too(
    we_seed: bool,
    ours: Client,
    libtorrent: Libtorrent,
    place: Place,
    make_torrent: MakeTorrent,
    source: Path,
    copy: Path,
) -> None:
    torrent = make_torrent("odd sizes", "hybrid")
    by_v2 = replace(torrent, info_hash=torrent.info_hash_v2[:20])
    giver, taker = (ours, libtorrent) if we_seed else (libtorrent, ours)
    seed = giver.seed(place, torrent, source)
    assert by_v2.magnet.startswith("magnet:?xt=urn:btmh:")
    fetch = taker.fetch(place, by_v2, copy, [seed.address], by_magnet=True)
    fetch.complete(SECONDS)
    fetch.stop()
    assert torrent.faults(copy) == []
    assert seed.address[0] == client.LOOPBACK


def test_libtorrent_tells_us_which_block_was_bad_and_only_that_is_got_again(
    libtorrent: Libtorrent, place: Place, make_torrent: MakeTorrent, source: Path, copy: Path
) -> None:
    torrent = make_torrent("single file", "v2")
    (root,) = source.iterdir()

    def corrupt(piece: int, begin: int) -> bool:
        return piece % 2 == 0 and begin == BLOCK

    with ScriptedPeer(torrent, root, host=LIAR, rate=MIB, corrupt=corrupt) as liar:
        seed = libtorrent.seed(place, torrent, source, upload_limit=MIB)
        fetch = RainFetch(
            place,
            torrent.path,
            copy,
            [seed.address, liar.address],
            options=["--events", "--timeout", "30s"],
        )
        fetch.complete(SECONDS)
        assert liar.corrupted > 0, "the liar was never asked"
        good = sum(block.length for block in liar.served) - liar.corrupted * BLOCK
        again = seed.uploaded + good - torrent.length
    assert torrent.faults(copy) == []
    events = [json.loads(line) for line in fetch.process.lines]
    banned = [one["message"] for one in events if one.get("code") == "banned"]
    assert banned == [f"banned {spell(liar.address)}: it sent bad data"]
    assert again <= SPARE_BLOCKS * BLOCK, "what was good is not got again"
