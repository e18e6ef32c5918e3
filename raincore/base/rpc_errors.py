"""What a running session refuses to whoever calls it; a branch of the tree in `errors`.

RpcRefused                   it says no                                    .rpc_code
├─ AccessRefused             to who did not show its token
├─ InputRefused              what it was given is wrong; a FormatError too
├─ ParamsRefused             what was asked of it makes no sense; a ConfigError too
├─ MethodUnknown             it cannot do that: an older one, or another program
└─ TorrentUnknown            it has no such torrent
"""

from __future__ import annotations

from raincore.base.errors import ConfigError, FormatError, RainError

__all__ = [
    "AccessRefused",
    "InputRefused",
    "MethodUnknown",
    "ParamsRefused",
    "RpcRefused",
    "TorrentUnknown",
]


class RpcRefused(RainError):
    """A running session answered that it will not; the message is its reason.

    `rpc_code` is the number that it gave (JSON-RPC 2.0, "error object"), None if the refusal
    came before that; `data` what it said besides.
    """

    code = "rpc_refused"

    def __init__(self, message: str, rpc_code: int | None = None, data: object = None) -> None:
        RainError.__init__(self, message)
        self.rpc_code = rpc_code
        self.data = data


class AccessRefused(RpcRefused):
    """The session does not take orders from who did not show its token."""

    code = "access_refused"


class InputRefused(RpcRefused, FormatError):
    """The session says that what it was given is wrong."""

    code = "input_refused"
    where = ""


class ParamsRefused(RpcRefused, ConfigError):
    """The session says that what it was asked makes no sense to it."""

    code = "params_refused"
    setting = ""


class MethodUnknown(RpcRefused):
    """The session cannot do that."""

    code = "method_unknown"


class TorrentUnknown(RpcRefused):
    """The session has no such torrent."""

    code = "torrent_unknown"
