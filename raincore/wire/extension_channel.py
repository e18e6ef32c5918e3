"""What both sides of one connection can do beyond BEP 3, and the messages that follow.

Extended messages are numbered by whoever receives them (BEP 10): this keeps their
numbers and knows ours, so that the rest of the program sees extension messages by kind.
Each extension that we learn is entered here.
"""

from __future__ import annotations

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import extension, lt_donthave, ut_metadata, ut_pex
from raincore.wire.extension import LT_DONTHAVE, OUR_IDS, UT_METADATA, UT_PEX, ExtendedHandshake
from raincore.wire.lt_donthave import DontHave
from raincore.wire.messages import Extended
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest
from raincore.wire.ut_pex import PexMessage

__all__ = ["ExtensionChannel", "ExtensionMessage"]

ExtensionMessage = (
    ExtendedHandshake | MetadataRequest | MetadataData | MetadataReject | PexMessage | DontHave
)

NAMES = {number: name for name, number in OUR_IDS.items()}

RULE = "BEP 10, extension messages"


class ExtensionChannel:
    """The extension messages of one connection.

    Args:
        negotiated: Both sides announced the extension protocol in their handshakes.
    """

    __slots__ = ("_their_ids", "negotiated", "theirs")

    def __init__(self, *, negotiated: bool) -> None:
        self.negotiated = negotiated
        self.theirs: ExtendedHandshake | None = None
        """All that their extended handshakes said so far, taken together."""
        self._their_ids: dict[str, int] = {}

    def hear(self, message: Extended) -> ExtensionMessage | None:
        """Look into an extended message of theirs.

        Returns:
            The message; a handshake is merged with those before it. None for extensions
            and message types that we do not know, and for requests by a peer that gave
            no id to answer to.

        Raises:
            RemoteProtocolError: Not negotiated, or not what its extension demands.
        """
        if not self.negotiated:
            raise RemoteProtocolError("extension protocol not negotiated", RULE)
        if message.extended_id == extension.HANDSHAKE_ID:
            said = extension.parse(message.payload)
            # An id that is taken back is kept all the same: an answer may be under way,
            # and to them it is one more message with an id that they do not know.
            known = {name: said.ids.get(name) for name in OUR_IDS}
            self._their_ids.update((name, number) for name, number in known.items() if number)
            self.theirs = (self.theirs or ExtendedHandshake()).updated(said)
            return self.theirs
        match NAMES.get(message.extended_id):
            case extension.UT_METADATA:
                heard = ut_metadata.parse(message.payload)
                answerable = UT_METADATA in self._their_ids
                return heard if answerable or not isinstance(heard, MetadataRequest) else None
            case extension.UT_PEX:
                return ut_pex.parse(message.payload)
            case extension.LT_DONTHAVE:
                return lt_donthave.parse(message.payload)
        return None

    def say(self, message: ExtensionMessage | Extended) -> Extended:
        """Wrap a message of ours, under the id that they chose for its extension.

        Raises:
            LocalProtocolError: Not negotiated, or they did not offer the extension; a
                bug in the caller.
        """
        if not self.negotiated:
            raise LocalProtocolError("extension protocol not negotiated", RULE)
        if isinstance(message, Extended):
            return message
        if isinstance(message, ExtendedHandshake):
            return Extended(extension.HANDSHAKE_ID, message.encode())
        match message:
            case PexMessage():
                return Extended(self._id_of(UT_PEX), ut_pex.encode(message))
            case DontHave():
                return Extended(self._id_of(LT_DONTHAVE), lt_donthave.encode(message))
        return Extended(self._id_of(UT_METADATA), ut_metadata.encode(message))

    def _id_of(self, name: str) -> int:
        number = self._their_ids.get(name)
        if number is None:
            raise LocalProtocolError(f"they did not offer {name}", RULE)
        return number
