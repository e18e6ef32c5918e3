"""Every exception the project raises, as one tree.

    RainError                      .code: stable slug for JSON, logs and tests; .details: dict
    ├─ FormatError                 bytes or text that break a format            .where
    │  ├─ BencodeError  ├─ MagnetError  ├─ DocumentError
    │  └─ MetainfoError  └─ HybridMismatch
    ├─ ConfigError                 a setting that cannot be honoured            .setting
    ├─ ProtocolError               abstract                                     .rule
    │  ├─ LocalProtocolError       we were about to break it: our bug
    │  └─ RemoteProtocolError      they broke it: drop them
    ├─ NetworkError                .endpoint
    │  ├─ ConnectError  ├─ TimedOut  ├─ ListenError  ├─ EncryptionRefused
    │  ├─ Blocked, a ConnectError: the blocklist has that address
    │  ├─ NotBound, both of these: not from where we are bound to
    │  ├─ TrackerError             a tracker said no                            .retry_seconds
    │  └─ WebseedError             a web seed did not give what was asked for   .retry_seconds
    ├─ StorageError                .path
    │  ├─ ReadError  ├─ WriteError  └─ UnsafePath
    │  └─ NoSpace, DeviceError, both WriteErrors: it may work later
    ├─ ContentMismatch             content does not match its hashes            .pieces
    └─ Incomplete                  a deadline or limit came first               .have, .need

A message is lower case, has no full stop, and ends with the offending value made
printable. Core classes know no exit codes; `raintools._kit.exits` maps them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BencodeError",
    "Blocked",
    "ConfigError",
    "ConnectError",
    "ContentMismatch",
    "DeviceError",
    "DocumentError",
    "EncryptionRefused",
    "FormatError",
    "HybridMismatch",
    "Incomplete",
    "ListenError",
    "LocalProtocolError",
    "MagnetError",
    "MetainfoError",
    "NetworkError",
    "NoSpace",
    "NotBound",
    "ProtocolError",
    "RainError",
    "ReadError",
    "RemoteProtocolError",
    "StorageError",
    "TimedOut",
    "TrackerError",
    "UnsafePath",
    "WebseedError",
    "WriteError",
    "the_one",
]


class RainError(Exception):
    """Anything that can go wrong without being a bug of ours.

    `code` is a stable slug: it goes into JSON, logs and tests and is never reworded.
    """

    code: ClassVar[str] = "error"

    @property
    def details(self) -> dict[str, Any]:
        """Facts beside the message, ready for JSON; keys are the public attributes."""
        return {key: value for key, value in vars(self).items() if value is not None}


class FormatError(RainError):
    """Bytes or text from outside break a format.

    `where`: byte offset ("offset 17") or key path ("info.files[3].path"), "" if the whole.
    """

    code = "format"

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class BencodeError(FormatError):
    """Bytes are not strict bencode (BEP 3, "bencoding")."""

    code = "bencode"


class MetainfoError(FormatError):
    """A .torrent file or info dictionary lacks or contradicts what its BEPs demand."""

    code = "metainfo"


class HybridMismatch(MetainfoError):
    """The v1 half of a hybrid torrent describes other content than the v2 half (BEP 52)."""

    code = "hybrid_mismatch"


class MagnetError(FormatError):
    """A magnet URI that cannot be followed (BEP 9, "magnet URI format")."""

    code = "magnet"


class DocumentError(FormatError):
    """A JSON document that breaks its schema; `where` is a JSON path such as "$.files[0]"."""

    code = "document"


class ConfigError(RainError):
    """A setting cannot be honoured."""

    code = "config"

    def __init__(self, message: str, setting: str = "") -> None:
        super().__init__(message)
        self.setting = setting


class ProtocolError(RainError):
    """A rule of a protocol ("BEP 3, peer messages") was broken; raise one of the two subclasses."""

    code = "protocol"

    def __init__(self, message: str, rule: str = "") -> None:
        if type(self) is ProtocolError:
            raise TypeError("raise LocalProtocolError or RemoteProtocolError")
        super().__init__(message)
        self.rule = rule


class LocalProtocolError(ProtocolError):
    """We were about to break the protocol: our bug."""

    code = "local_protocol"


class RemoteProtocolError(ProtocolError):
    """They broke the protocol: drop them."""

    code = "remote_protocol"


class NetworkError(RainError):
    """The network did not do what we needed."""

    code = "network"

    def __init__(self, message: str, endpoint: str | None = None) -> None:
        super().__init__(message)
        self.endpoint = endpoint


class ConnectError(NetworkError):
    """Nobody answered, or the system refused the connection."""

    code = "connect"


class TimedOut(NetworkError):
    """A limit in seconds was reached first."""

    code = "timed_out"


class EncryptionRefused(NetworkError):
    """A peer does not answer an encrypted handshake; it may still speak in the clear."""

    code = "encryption_refused"


class TrackerError(NetworkError):
    """A tracker answered that it will not; the message is its reason.

    `retry_seconds`: how long to stay away; infinite for ever, None if not said (BEP 31).
    """

    code = "tracker_refused"

    def __init__(self, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class WebseedError(NetworkError):
    """A web seed answered, but not with what was asked for.

    `retry_seconds` is None if it did not say; `is_missing`: this file will never come.
    """

    code = "webseed"

    def __init__(
        self, message: str, retry_seconds: float | None = None, *, is_missing: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds
        self.is_missing = is_missing


class ListenError(NetworkError):
    """An address could not be listened on: in use, not ours, or not permitted."""

    code = "listen"


class Blocked(ConnectError):
    """The blocklist says to stay away from that address."""

    code = "blocked"


class NotBound(ConnectError, ListenError):
    """The address is not for who is bound to another address or device."""

    code = "not_bound"


class StorageError(RainError):
    """A local file or directory did not do what we needed; `file`: its index in the torrent."""

    code = "storage"
    file: int | None = None

    def __init__(self, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class ReadError(StorageError):
    """A file could not be opened or read."""

    code = "read"


class WriteError(StorageError):
    """A file could not be created or written."""

    code = "write"


class NoSpace(WriteError):
    """The disk or the quota is full."""

    code = "no_space"


class DeviceError(WriteError):
    """The disk, or the way to it, does not work; it may again, as it is."""

    code = "device"


class UnsafePath(StorageError):
    """A path would leave the directory it belongs to."""

    code = "unsafe_path"


class ContentMismatch(RainError):
    """Content does not match its hashes; `pieces` are the indices that failed."""

    code = "content_mismatch"

    def __init__(self, message: str, pieces: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.pieces = list(pieces)


class Incomplete(RainError):
    """A deadline or a limit came before the end; `have` and `need` count bytes."""

    code = "incomplete"

    def __init__(self, message: str, have: int = 0, need: int = 0) -> None:
        super().__init__(message)
        self.have = have
        self.need = need


def the_one(group: BaseException) -> BaseException:
    """Unwrap nested groups, which every nursery raises, around exactly one leaf."""
    while isinstance(group, BaseExceptionGroup) and len(group.exceptions) == 1:
        group = group.exceptions[0]
    return group
