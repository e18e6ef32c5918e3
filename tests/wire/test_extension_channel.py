import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire.extension import OUR_IDS, ExtendedHandshake
from raincore.wire.extension_channel import ExtensionChannel, ExtensionMessage
from raincore.wire.lt_donthave import DontHave
from raincore.wire.messages import Extended
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest
from raincore.wire.ut_pex import PexMessage, PexPeer

OURS = OUR_IDS["ut_metadata"]
REQUEST = Extended(OURS, b"d8:msg_typei0e5:piecei0ee")


def offer(number: int, **facts: int) -> Extended:
    return Extended(0, ExtendedHandshake(ids={"ut_metadata": number}, **facts).encode())


@pytest.fixture
def channel() -> ExtensionChannel:
    return ExtensionChannel(negotiated=True)


def test_messages_go_out_under_their_id_and_come_in_under_ours(channel: ExtensionChannel) -> None:
    channel.hear(offer(9))
    assert channel.say(MetadataRequest(0)) == Extended(9, REQUEST.payload)
    assert channel.hear(REQUEST) == MetadataRequest(0)


@pytest.mark.parametrize(
    "message",
    [
        MetadataRequest(1),
        MetadataData(0, 3, b"abc"),
        MetadataReject(2),
        PexMessage((PexPeer(Endpoint("192.0.2.1", 6881)),)),
        DontHave(7),
    ],
    ids=lambda message: type(message).__name__,
)
def test_two_channels_understand_each_other(
    channel: ExtensionChannel, message: ExtensionMessage
) -> None:
    other = ExtensionChannel(negotiated=True)
    ours = ExtendedHandshake(ids=OUR_IDS)
    assert other.hear(channel.say(ours)) == ours
    assert channel.hear(other.say(ours)) == ours
    assert other.hear(channel.say(message)) == message


def test_their_handshakes_add_up(channel: ExtensionChannel) -> None:
    assert channel.theirs is None
    channel.hear(offer(3, metadata_size=7))
    both = channel.hear(Extended(0, ExtendedHandshake(ids={"ut_pex": 4}).encode()))
    assert both == channel.theirs
    assert both == ExtendedHandshake(ids={"ut_metadata": 3, "ut_pex": 4}, metadata_size=7)


def test_unknown_extensions_and_types_are_left_out(channel: ExtensionChannel) -> None:
    assert channel.hear(Extended(99, b"x")) is None
    assert channel.hear(Extended(OURS, b"d8:msg_typei9ee")) is None


def test_a_request_that_could_not_be_answered_is_left_out(channel: ExtensionChannel) -> None:
    assert channel.hear(REQUEST) is None


def test_an_answer_under_way_when_the_extension_is_taken_back_is_no_bug(
    channel: ExtensionChannel,
) -> None:
    channel.hear(offer(3))
    assert channel.hear(offer(0)) == ExtendedHandshake()
    assert channel.say(MetadataReject(0)).extended_id == 3


@pytest.mark.parametrize("extended_id", [0, *OUR_IDS.values()])
def test_payloads_that_make_no_sense_are_refused(
    channel: ExtensionChannel, extended_id: int
) -> None:
    with pytest.raises(RemoteProtocolError):
        channel.hear(Extended(extended_id, b"le"))


def test_messages_of_other_extensions_go_out_as_they_are(channel: ExtensionChannel) -> None:
    assert channel.say(Extended(7, b"x")) == Extended(7, b"x")


def test_an_extension_that_they_did_not_offer_is_our_bug(channel: ExtensionChannel) -> None:
    with pytest.raises(LocalProtocolError, match="did not offer ut_metadata"):
        channel.say(MetadataRequest(0))
    channel.hear(offer(9))
    with pytest.raises(LocalProtocolError, match="did not offer lt_donthave"):
        channel.say(DontHave(0))


def test_nothing_may_come_or_go_unless_negotiated() -> None:
    closed = ExtensionChannel(negotiated=False)
    with pytest.raises(RemoteProtocolError, match="not negotiated"):
        closed.hear(offer(1))
    with pytest.raises(LocalProtocolError, match="not negotiated"):
        closed.say(ExtendedHandshake())
