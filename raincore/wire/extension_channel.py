"""What both sides of one connection can do beyond BEP 3, and the messages that follow.

Extended messages are numbered by whoever receives them (BEP 10): this keeps their
numbers and knows ours, so that the rest of the program sees extension messages by kind.
Each extension that we learn is entered here.
"""

from __future__ import annotations

from raincore.base.errors import LocalProtocolError, RemoteProtocolError
from raincore.wire import extension, ut_metadata
from raincore.wire.extension import OUR_IDS, UT_METADATA, ExtendedHandshake
from raincore.wire.messages import Extended
from raincore.wire.ut_metadata import MetadataData, MetadataReject, MetadataRequest

__all__ = ["ExtensionChannel", "ExtensionMessage"]

ExtensionMessage = ExtendedHandshake | MetadataRequest | MetadataData | MetadataReject

RULE = "BEP 10, extension messages"


class ExtensionChannel:
    """The extension messages of one connection.

    Args:
        negotiated: Both sides announced the extension protocol in their handshakes.
    """

    __slots__ = ("_metadata_id", "negotiated", "theirs")

    def __init__(self, *, negotiated: bool) -> None:
        self.negotiated = negotiated
        self.theirs: ExtendedHandshake | None = None
        """All that their extended handshakes said so far, taken together."""
        self._metadata_id = 0

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
            self._metadata_id = said.ids.get(UT_METADATA) or self._metadata_id
            self.theirs = (self.theirs or ExtendedHandshake()).updated(said)
            return self.theirs
        if message.extended_id != OUR_IDS[UT_METADATA]:
            return None
        heard = ut_metadata.parse(message.payload)
        if isinstance(heard, MetadataRequest) and not self._metadata_id:
            return None
        return heard

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
        if not self._metadata_id:
            raise LocalProtocolError("they did not offer ut_metadata", RULE)
        return Extended(self._metadata_id, ut_metadata.encode(message))
