import random
from collections.abc import Callable

import pytest

from raincore.base.config import PeerLimits
from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.base.geometry import Geometry
from raincore.wire import messages as m
from raincore.wire import peer_codec
from raincore.wire.extension import OUR_IDS, ExtendedHandshake
from raincore.wire.lt_donthave import DontHave
from raincore.wire.peer_protocol import Outgoing, PeerProtocol
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest
from tests.wire.pair import GEOMETRY, Pair, hear, hear_every_way, hear_in_reads, peer

K16 = 16384
OFFER = ExtendedHandshake(ids={"ut_metadata": 3})
FAR = 2**32 - 1


def bytes_of(*messages: m.Message) -> bytes:
    """What a peer without scruples sends."""
    return b"".join(map(peer_codec.encode, messages))


def magnet(**features: bool) -> PeerProtocol:
    return peer(geometry=None, **features)


def unchoked() -> Pair:
    pair = Pair()
    pair.they_say(m.Unchoke())
    return pair


# --- scripts ---------------------------------------------------------------------------------


SCRIPT: list[m.Message] = [
    m.KeepAlive(),
    m.Extended(0, OFFER.encode()),
    m.PieceBitfield(b"\xe0"),
    m.Have(3),
    m.AllowedFast(2),
    m.Suggest(1),
    m.Port(6881),
    m.Interested(),
    m.Unchoke(),
    m.Request(3, 0, 5),
    m.Request(0, K16, K16),
    m.Request(0, 0, 2 * K16),
    m.Block(3, 0, b"12345"),
    m.Block(2, 0, b"x" * K16),
    m.Block(2, K16, b"x" * K16),
    m.Cancel(0, K16, K16),
    m.Reject(1, 0, K16),
    m.NotInterested(),
    m.Choke(),
]


def test_a_whole_conversation_is_heard_in_every_fragmentation() -> None:
    heard = hear_every_way(peer, bytes_of(*SCRIPT))
    assert heard.error == ""
    expected: list[tuple[str, Outgoing]] = [(type(said).__name__, said) for said in SCRIPT]
    expected[1] = ("ExtendedHandshake", OFFER)
    assert heard.messages == expected


def test_what_one_end_says_the_other_hears() -> None:
    pair = Pair()
    assert pair.we_say(m.HaveNone(), OFFER) == [m.HaveNone(), OFFER]
    assert pair.they_say(m.HaveAll(), OFFER, m.Unchoke()) == [m.HaveAll(), OFFER, m.Unchoke()]
    batch = [m.Interested(), m.Request(0, 0, K16), m.Request(0, K16, K16), m.Cancel(0, 0, K16)]
    assert pair.we_say(*batch) == batch
    assert pair.they_say(m.Block(0, 0, b"x")) == [m.Block(0, 0, b"x")]
    assert pair.we_say() == []


def test_random_legal_talk_is_never_refused(seed: int) -> None:
    rng = random.Random(seed)
    choices: list[Callable[[], m.Message]] = [
        lambda: m.Have(rng.randrange(4)),
        lambda: m.Request(rng.randrange(3), rng.randrange(K16), rng.randint(1, K16)),
        lambda: m.Block(rng.randrange(3), rng.randrange(K16), rng.randbytes(rng.randint(1, 30))),
        lambda: m.Block(3, rng.randrange(4), b"x"),
        lambda: m.Cancel(rng.randrange(3), 0, K16),
        lambda: m.Reject(3, 0, rng.randint(1, 5)),
        m.Unchoke,
        m.Interested,
        m.NotInterested,
        m.KeepAlive,
        lambda: m.Suggest(rng.randrange(4)),
        lambda: m.Extended(rng.randint(100, 255), rng.randbytes(9)),
    ]
    for _ in range(30):
        script = [rng.choice(choices)() for _ in range(30)]
        heard = hear_every_way(peer, bytes_of(*script))
        assert heard.error == ""
        assert len(heard.messages) == sum(not isinstance(s, m.Extended) for s in script)


def test_mutants_end_in_messages_or_in_the_error(seed: int) -> None:
    rng = random.Random(seed)
    wire = bytes_of(*SCRIPT[:13])
    for _ in range(400):
        data = bytearray(wire)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 5, 13, 20, rng.randrange(256)))
        hear_in_reads(peer(), bytes(data), rng.choice((5, 50, 5000)))
        hear_in_reads(magnet(), bytes(data), 5000)


# --- the four flags --------------------------------------------------------------------------


def test_everybody_is_choked_and_uninterested_at_first() -> None:
    link = peer()
    assert (link.we_choke, link.they_choke) == (True, True)
    assert (link.we_interested, link.they_interested) == (False, False)


def test_flags_follow_what_is_said() -> None:
    pair = Pair()
    pair.we_say(m.Unchoke(), m.Interested())
    assert (pair.we.we_choke, pair.we.we_interested) == (False, True)
    assert (pair.they.they_choke, pair.they.they_interested) == (False, True)
    pair.we_say(m.Choke(), m.NotInterested())
    assert (pair.we.we_choke, pair.we.we_interested) == (True, False)
    assert (pair.they.they_choke, pair.they.they_interested) == (True, False)


# --- what they may not say -------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        m.Have(4),
        m.Suggest(4),
        m.AllowedFast(FAR),
        m.Request(4, 0, 1),
        m.Request(3, 0, 6),
        m.Request(3, FAR, 1),
        m.Request(0, 2 * K16, 1),
        m.Request(0, K16 + 1, K16),
        m.Request(0, 0, 0),
        m.Request(0, 0, 128 * 1024 + 1),
        m.Request(0, 0, FAR),
        m.Cancel(4, 0, 1),
        m.Cancel(0, K16, FAR),
        m.Reject(4, 0, 1),
        m.Reject(3, 5, 1),
        m.Block(4, 0, b"x"),
        m.Block(FAR, 0, b"x"),
        m.Block(3, 5, b"x"),
        m.Block(3, 0, b"123456"),
        m.Block(0, 2 * K16, b"x"),
        m.Block(2, 2 * K16 - 1, b"xy"),
        m.PieceBitfield(b""),
        m.PieceBitfield(b"\xf0\0"),
        m.PieceBitfield(b"\xf8"),
    ],
    ids=repr,
)
def test_what_is_outside_the_content_ends_the_connection(message: m.Message) -> None:
    heard = hear_every_way(peer, bytes_of(message))
    assert heard.messages == []
    assert heard.error


@pytest.mark.parametrize(
    "message",
    [m.HaveAll(), m.HaveNone(), m.Suggest(0), m.AllowedFast(0), m.Reject(0, 0, 1)],
    ids=repr,
)
@pytest.mark.parametrize("geometry", [GEOMETRY, None], ids=["torrent", "magnet"])
def test_fast_messages_need_the_fast_extension(
    message: m.Message, geometry: Geometry | None
) -> None:
    with pytest.raises(RemoteProtocolError, match="not negotiated") as caught:
        hear(peer(geometry=geometry, fast=False), bytes_of(message))
    assert caught.value.rule == "BEP 6, fast extension"


def test_extended_messages_need_the_extension_protocol() -> None:
    with pytest.raises(RemoteProtocolError, match="not negotiated") as caught:
        hear(peer(extended=False), bytes_of(m.Extended(9, b"")))
    assert caught.value.rule == "BEP 10, extension messages"


@pytest.mark.parametrize("late", [m.HaveAll(), m.HaveNone()], ids=repr)
@pytest.mark.parametrize(
    "before", [m.PieceBitfield(b"\xf0"), m.HaveAll(), m.HaveNone(), m.Have(0)], ids=repr
)
def test_all_or_nothing_is_told_once_and_first(before: m.Message, late: m.Message) -> None:
    heard = hear_every_way(peer, bytes_of(before, late))
    assert len(heard.messages) == 1
    assert heard.error.startswith("came too late")


def test_a_bitfield_may_come_in_the_place_of_many_haves() -> None:
    said = [m.Have(0), m.Have(1), m.PieceBitfield(b"\xf0")]
    heard = hear_every_way(peer, bytes_of(*said))
    assert (heard.error, len(heard.messages)) == ("", 3)


def test_flags_and_extensions_may_come_before_the_bitfield() -> None:
    before = [m.Extended(0, b"de"), m.KeepAlive(), m.Unchoke(), m.Port(1), m.PieceBitfield(b"\xf0")]
    assert hear_every_way(peer, bytes_of(*before)).error == ""


def test_a_message_longer_than_any_legal_one_ends_the_connection_at_once() -> None:
    for announced in (128 * 1024 + 10, 2**31):
        with pytest.raises(RemoteProtocolError, match="longer than 131081 bytes"):
            hear(peer(), announced.to_bytes(4))


def test_a_large_torrent_may_have_a_large_bitfield() -> None:
    link = peer(geometry=Geometry(1, [8 * 200_000]))
    assert hear(link, bytes_of(m.PieceBitfield(bytes(200_000))))
    with pytest.raises(RemoteProtocolError, match="longer than 200001 bytes"):
        hear(link, (200_002).to_bytes(4))


def test_the_limit_for_messages_holds_above_all() -> None:
    limits = PeerLimits(max_message_length=100)
    link = PeerProtocol(fast=True, extended=True, limits=limits, geometry=GEOMETRY)
    with pytest.raises(RemoteProtocolError, match="longer than 100 bytes"):
        hear(link, (101).to_bytes(4))


def test_requests_may_be_as_long_as_the_limit() -> None:
    link = peer(geometry=Geometry(2**20, [2**20]))
    longest = m.Request(0, 0, 128 * 1024)
    assert hear(link, bytes_of(longest)) == [longest]


def test_a_torrent_without_content_has_an_empty_bitfield() -> None:
    link = peer(geometry=Geometry(K16, [0]))
    assert hear(link, bytes_of(m.PieceBitfield(b""))) == [m.PieceBitfield(b"")]
    with pytest.raises(RemoteProtocolError):
        hear(link, bytes_of(m.Block(0, 0, b"x")))


# --- before the info dictionary is known -------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [m.Request(0, 0, 1), m.Block(0, 0, b"x"), m.Cancel(0, 0, 1), m.Reject(0, 0, 1)],
    ids=repr,
)
def test_nobody_can_exchange_blocks_of_unknown_pieces(message: m.Message) -> None:
    heard = hear_every_way(magnet, bytes_of(message))
    assert "before any piece is known" in heard.error


@pytest.mark.parametrize(
    "message", [m.Have(999), m.PieceBitfield(b"\xff" * 99), m.HaveAll(), m.HaveNone()], ids=repr
)
def test_early_news_about_pieces_are_passed_on(message: m.Message) -> None:
    assert hear(magnet(), bytes_of(message)) == [message]


def test_early_news_are_bounded_by_what_a_bitfield_can_hold() -> None:
    pieces = 8 * PeerLimits().max_message_length
    assert hear(magnet(), bytes_of(m.Have(pieces - 1)))
    with pytest.raises(RemoteProtocolError):
        hear(magnet(), bytes_of(m.Have(pieces)))
    with pytest.raises(RemoteProtocolError):
        hear(magnet(), (PeerLimits().max_message_length + 1).to_bytes(4))


def test_early_offers_are_held_back_until_pieces_are_known() -> None:
    link = magnet()
    offers = [m.AllowedFast(3), m.AllowedFast(99), m.Suggest(2), m.AllowedFast(0)]
    assert hear(link, bytes_of(*offers)) == []
    assert link.learn_geometry(GEOMETRY) == [m.AllowedFast(0), m.AllowedFast(3)]
    assert link.allowed_fast == {0, 3}


def test_pieces_are_checked_as_soon_as_they_are_known() -> None:
    link = magnet()
    hear(link, bytes_of(m.Have(99)))
    link.learn_geometry(GEOMETRY)
    with pytest.raises(RemoteProtocolError):
        hear(link, bytes_of(m.Have(99)))


def test_lost_pieces_are_checked_like_those_that_are_had() -> None:
    lost = bytes_of(m.Extended(OUR_IDS["lt_donthave"], b"\0\0\0\3"))
    link = peer()
    assert hear(link, lost) == [DontHave(3)]
    with pytest.raises(RemoteProtocolError, match="no such piece: DontHave 4"):
        hear(link, bytes_of(m.Extended(OUR_IDS["lt_donthave"], b"\0\0\0\4")))


# --- allowed fast ------------------------------------------------------------------------------


def test_allowed_pieces_may_be_requested_while_choked() -> None:
    pair = Pair()
    assert pair.they_say(m.AllowedFast(2)) == [m.AllowedFast(2)]
    assert pair.we_say(m.Request(2, 0, K16)) == [m.Request(2, 0, K16)]
    with pytest.raises(LocalProtocolError, match="while choked"):
        pair.we.send(m.Request(1, 0, K16))


def test_a_repeated_offer_is_not_passed_on() -> None:
    assert hear(peer(), bytes_of(m.AllowedFast(2), m.AllowedFast(2))) == [m.AllowedFast(2)]


def test_a_flood_of_offers_is_not_remembered() -> None:
    link = peer(geometry=Geometry(1, [1000]))
    heard = hear(link, bytes_of(*map(m.AllowedFast, range(1000))))
    assert len(heard) == len(link.allowed_fast) == 128


# --- extensions --------------------------------------------------------------------------------


def test_metadata_messages_use_the_ids_of_the_receiver() -> None:
    pair = Pair(geometry=None)
    pair.they_say(ExtendedHandshake(ids={"ut_metadata": 9}))
    assert pair.we.send(MetadataRequest(0)) == bytes_of(m.Extended(9, b"d8:msg_typei0e5:piecei0ee"))


def test_metadata_is_exchanged() -> None:
    ours = ExtendedHandshake(ids={"ut_metadata": 1})
    pair = Pair(geometry=None)
    pair.they_say(ours)
    pair.we_say(ours)
    script: list[Outgoing] = [
        MetadataRequest(0),
        MetadataData(0, 3, b"abc"),
        MetadataReject(1),
    ]
    assert pair.we_say(*script) == script


def test_metadata_messages_that_make_no_sense_end_the_connection() -> None:
    assert hear_every_way(peer, bytes_of(m.Extended(1, b"le"))).error
    assert hear_every_way(peer, bytes_of(m.Extended(0, b"le"))).error


def test_unknown_extensions_and_types_are_left_out() -> None:
    unknown = [m.Extended(99, b"x"), m.Extended(1, b"d8:msg_typei9ee")]
    assert hear(peer(), bytes_of(*unknown)) == []


def test_a_request_that_could_not_be_answered_is_left_out() -> None:
    request = m.Extended(1, b"d8:msg_typei0e5:piecei0ee")
    assert hear(peer(), bytes_of(request)) == []
    assert hear(peer(), bytes_of(m.Extended(0, OFFER.encode()), request))[1:] == [
        MetadataRequest(0)
    ]


def test_their_handshakes_add_up() -> None:
    link = peer()
    later = ExtendedHandshake(ids={"ut_pex": 4}, metadata_size=7)
    heard = hear(link, bytes_of(m.Extended(0, OFFER.encode()), m.Extended(0, later.encode())))
    both = ExtendedHandshake(ids={"ut_metadata": 3, "ut_pex": 4}, metadata_size=7)
    assert heard == [OFFER, both]


def test_an_answer_decided_on_before_the_extension_was_taken_back_is_no_bug() -> None:
    link = peer()
    back = ExtendedHandshake(ids={"ut_metadata": 0})
    heard = hear(link, bytes_of(m.Extended(0, OFFER.encode()), m.Extended(0, back.encode())))
    assert heard[1] == ExtendedHandshake()
    assert link.send(MetadataReject(0))


def test_a_metadata_message_to_somebody_who_offered_none_is_our_bug() -> None:
    with pytest.raises(LocalProtocolError, match="did not offer"):
        peer().send(MetadataRequest(0))


# --- what we may not say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        m.Have(4),
        m.Have(-1),
        m.Suggest(4),
        m.AllowedFast(4),
        m.Cancel(4, 0, 1),
        m.Reject(3, 0, 6),
        m.Block(3, 0, b"123456"),
        m.PieceBitfield(b"\xf0\0"),
        m.Request(4, 0, 1),
        m.Request(3, 0, 6),
    ],
    ids=repr,
)
def test_speaking_of_what_is_outside_the_content_is_our_bug(message: m.Message) -> None:
    with pytest.raises(LocalProtocolError, match=r"outside the content|no such piece|bitfield"):
        unchoked().we.send(message)


@pytest.mark.parametrize(
    "message", [m.Have(0), m.PieceBitfield(b""), m.Cancel(0, 0, 1), m.Block(0, 0, b"x")], ids=repr
)
def test_speaking_of_pieces_that_we_do_not_know_is_our_bug(message: m.Message) -> None:
    with pytest.raises(LocalProtocolError, match="before any piece is known"):
        magnet().send(message)


@pytest.mark.parametrize(
    "message",
    [m.HaveAll(), m.HaveNone(), m.Suggest(0), m.AllowedFast(0), m.Reject(0, 0, 1)],
    ids=repr,
)
def test_fast_messages_to_a_plain_peer_are_our_bug(message: m.Message) -> None:
    with pytest.raises(LocalProtocolError, match="not negotiated"):
        peer(fast=False).send(message)


@pytest.mark.parametrize("message", [OFFER, m.Extended(5, b"")], ids=["handshake", "other"])
def test_extended_messages_to_a_plain_peer_are_our_bug(message: Outgoing) -> None:
    with pytest.raises(LocalProtocolError, match="not negotiated"):
        peer(extended=False).send(message)


@pytest.mark.parametrize("late", [m.PieceBitfield(b"\xf0"), m.HaveAll(), m.HaveNone()], ids=repr)
@pytest.mark.parametrize("before", [m.Unchoke(), m.Have(0), m.HaveNone()], ids=repr)
def test_a_bitfield_after_other_messages_is_our_bug(before: m.Message, late: m.Message) -> None:
    link = peer()
    link.send(before)
    with pytest.raises(LocalProtocolError, match="not the first message"):
        link.send(late)


def test_a_bitfield_after_a_request_is_our_bug() -> None:
    pair = unchoked()
    pair.we_say(m.Request(0, 0, K16))
    with pytest.raises(LocalProtocolError, match="not the first message"):
        pair.we.send(m.PieceBitfield(b"\xf0"))


def test_keep_alives_and_extensions_may_go_before_our_bitfield() -> None:
    pair = Pair()
    assert pair.we_say(m.KeepAlive(), OFFER, m.PieceBitfield(b"\xf0"))[2:] == [
        m.PieceBitfield(b"\xf0")
    ]


@pytest.mark.parametrize("message", [m.Port(6881), m.Reject(0, 0, 5), m.Suggest(3)], ids=repr)
def test_other_legal_messages_are_sent(message: m.Message) -> None:
    assert Pair().we_say(message) == [message]


def test_a_refused_message_changes_nothing() -> None:
    link = peer()
    with pytest.raises(LocalProtocolError):
        link.send(m.Have(4))
    assert link.send(m.HaveAll())


def test_requests_while_choked_are_our_bug() -> None:
    link = peer()
    for again in range(2):
        with pytest.raises(LocalProtocolError, match="while choked"):
            link.send_requests([m.Request(0, 0, K16)])
        if not again:
            hear(link, bytes_of(m.Unchoke()))
            assert link.send_requests([m.Request(0, 0, K16)])
            hear(link, bytes_of(m.Choke()))
            hear(link, bytes_of(m.KeepAlive()))


@pytest.mark.parametrize(
    "reads",
    [[m.Unchoke(), m.Choke()], [m.Unchoke(), m.Choke(), m.Unchoke(), m.Choke()]],
    ids=["once", "twice"],
)
def test_requests_that_cross_a_choke_are_no_bug(reads: list[m.Message]) -> None:
    link = peer()
    hear(link, bytes_of(*reads))
    assert link.they_choke
    assert link.send_requests([m.Request(0, 0, K16)])
    hear(link, bytes_of(m.KeepAlive()))
    with pytest.raises(LocalProtocolError, match="while choked"):
        link.send_requests([m.Request(0, 0, K16)])
