"""What a peer that knows no rules might say: any message at any time, whole, cut or swollen."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from raincore.formats import bencoding
from raincore.wire import messages as m
from raincore.wire import peer_codec, ut_metadata
from raincore.wire.extension import LT_DONTHAVE, OUR_IDS, UT_METADATA, UT_PEX, ExtendedHandshake
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest

if TYPE_CHECKING:
    from tests.sim.content import Sample
    from tests.sim.v2_content import V2Sample

__all__ = ["FuzzedTalk"]

BLOCK = 16 * 1024
MAX_REPEATS = 300


class FuzzedTalk:
    """Endless bytes, from dice: mostly messages, some of them legal."""

    def __init__(self, seed: int, sample: Sample | V2Sample, *, magnet: bool = False) -> None:
        self.rng = random.Random(seed)
        self.wild = self.rng.choice((0.0, 0.0, 0.005, 0.1))
        """How often a field or a message is none that a sane peer would send."""
        self.info = sample.info
        self.content = sample.content
        self.pieces = sample.info.geometry.piece_count
        about_blocks: list[Callable[[], m.Message]] = [
            lambda: m.Request(*self.run()),
            lambda: m.Cancel(*self.run()),
            lambda: m.Reject(*self.run()),
            *[self.block] * 4,
        ]
        self.makers: list[Callable[[], m.Message]] = [
            m.KeepAlive,
            m.Choke,
            *[m.Unchoke] * 3,
            m.Interested,
            m.NotInterested,
            lambda: m.Have(self.piece()),
            lambda: m.Suggest(self.piece()),
            lambda: m.AllowedFast(self.piece()),
            lambda: m.Port(self.rng.randrange(65536)),
            *[self.extended] * 2,
            self.handshake,
            lambda: m.HashRequest(*self.hash_run()),
            lambda: m.HashReject(*self.hash_run()),
            lambda: m.Hashes(*self.hash_run(), hashes=self.hashes()),
            *([] if magnet else about_blocks),  # who speaks of them then is cut off
        ]

    def chunks(self, count: int) -> Iterator[bytes]:
        """Bytes of `count` messages as reads would bring them."""
        waiting = peer_codec.encode(self.rng.choice((m.HaveAll, m.HaveNone, self.bitfield))())
        waiting += b"".join(self.one() for _ in range(count))
        while waiting:
            size = self.rng.choice((1, 3, 17, 1000, 20_000, 300_000))
            yield waiting[:size]
            waiting = waiting[size:]

    def one(self) -> bytes:
        """One message, more or less."""
        second = self.rng.random() < self.wild  # what only the first message may be
        makers = (m.HaveAll, m.HaveNone, self.bitfield) if second else self.makers
        data = peer_codec.encode(self.rng.choice(makers)())
        if self.rng.random() < 0.03 and len(data) < 100:
            return data * self.rng.randrange(2, MAX_REPEATS)
        match self.rng.randrange(5) if self.rng.random() < self.wild else None:
            case 0:
                return data[: self.rng.randrange(len(data))]
            case 1:
                return self.rng.choice((0, 1, 2**17 + 10, 2**21 + 1, 2**32 - 1)).to_bytes(4) + data
            case 2:
                return data * self.rng.randrange(2, 4)
            case 3:
                at = self.rng.randrange(len(data))
                return data[:at] + bytes([data[at] ^ 1 << self.rng.randrange(8)]) + data[at + 1 :]
            case 4:
                junk = self.rng.randbytes(self.rng.randrange(40))
                return len(junk).to_bytes(4) + junk
            case _:
                return data

    # --- fields ---------------------------------------------------------------------------

    def any_of(self, sane: Sequence[int], *others: int) -> int:
        return self.rng.choice(others if self.rng.random() < self.wild else sane)

    def piece(self) -> int:
        return self.any_of(range(self.pieces), self.pieces, 2**32 - 1)

    def run(self) -> tuple[int, int, int]:
        """A piece, where a block begins in it, and how long that is."""
        geometry, rng = self.info.geometry, self.rng
        run = geometry.request_of(rng.randrange(self.pieces) * 2)
        if rng.random() < 0.5 and geometry.length_of(run[0]) > BLOCK:
            run = geometry.request_of(run[0] * 2 + 1)
        if rng.random() >= self.wild:
            return run
        piece, begin, length = run
        return (
            rng.choice((piece, piece, self.pieces, 2**32 - 1)),
            rng.choice((begin, 1, 2 * BLOCK, 2**31, 2**32 - 1)),
            rng.choice((length, BLOCK, 1, 0, BLOCK + 1, 2**17, 2**17 + 1, 2**32 - 1)),
        )

    def bitfield(self) -> m.Message:
        right = (self.pieces + 7) // 8
        length = self.any_of((right,), 0, right - 1, right + 1, 5000)
        spare = 8 * right - self.pieces
        data = self.rng.randbytes(length)
        if length == right and self.rng.random() >= self.wild:
            data = (int.from_bytes(data) >> spare << spare).to_bytes(right)
        return m.PieceBitfield(data)

    def block(self) -> m.Block:
        """True, a lie, or a part of one."""
        rng = self.rng
        piece, begin, length = self.info.geometry.request_of(rng.randrange(self.pieces) * 2)
        if rng.random() < 0.5 and self.info.geometry.length_of(piece) > BLOCK:
            piece, begin, length = self.info.geometry.request_of(piece * 2 + 1)
        offset = piece * self.info.piece_length + begin
        data = self.content[offset : offset + length]
        if rng.random() < 0.5:
            data = rng.randbytes(length)
        if rng.random() < self.wild:
            data = data[: rng.choice((5, 1, 0))]
        return m.Block(piece, begin, data)

    def hash_run(self) -> tuple[bytes, int, int, int, int]:
        roots = [file.pieces_root for file in self.info.files if file.pieces_root]
        root = self.rng.choice([*roots, bytes(32)])
        base, index = self.any_of((0, 1), 2, 2**32 - 1), self.any_of((0, 2), 1, 512)
        return root, base, index, self.any_of((2, 512), 0, 1, 513), self.any_of((0, 1, 9), 2**31)

    def hashes(self) -> bytes:
        return self.rng.randbytes(32 * self.rng.randrange(9))

    def handshake(self) -> m.Message:
        """Say what we speak, in numbers that may be those of others."""
        rng = self.rng
        names = ("ut_metadata", "ut_pex", "lt_donthave", "upload_only", "unheard_of")
        ids = {name: rng.randrange(7) for name in names if rng.random() < 0.7}
        size = rng.choice((0, len(self.info.raw), len(self.info.raw) + 1, 2**31))
        said = ExtendedHandshake(ids, metadata_size=size, request_queue=rng.choice((0, 1, 2**31)))
        return m.Extended(0, said.encode())

    def extended(self) -> m.Message:
        rng, raw = self.rng, self.info.raw
        part = self.any_of((0,), 1, 2**31)
        lies = bytes(len(raw))
        name, payload = rng.choice(
            (
                (UT_METADATA, ut_metadata.encode(MetadataRequest(part))),
                (UT_METADATA, ut_metadata.encode(MetadataReject(part))),
                (
                    UT_METADATA,
                    ut_metadata.encode(MetadataData(part, len(raw), rng.choice((raw, lies)))),
                ),
                (UT_PEX, bencoding.encode({"added": rng.randbytes(6 * rng.randrange(200))})),
                (UT_PEX, bencoding.encode({"dropped6": bytes(54), "added6": rng.randbytes(18)})),
                (LT_DONTHAVE, self.piece().to_bytes(4)),
            )
        )
        number = OUR_IDS[name]
        if rng.random() < self.wild:
            number = rng.randrange(256)
            payload = rng.choice((rng.randbytes(4), b"d" * 500, b"i1e" * 9, payload[:-1], payload))
        return m.Extended(number, payload)
