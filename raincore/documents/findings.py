"""What `lint` finds, as JSON documents of type "finding"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.base import printable
from raincore.base.errors import HybridMismatch
from raincore.formats.lint_codes import finding

if TYPE_CHECKING:
    from raincore.base.errors import FormatError
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.lint_codes import Finding

__all__ = ["encode", "of_error"]

VERSION = 1


def encode(found: Finding, origin: str, document: TorrentDocument | None = None) -> dict[str, Any]:
    """Turn a finding into a JSON value.

    Args:
        found: What was found.
        origin: What the input was called.
        document: The torrent it was found in; None where the input was refused.
    """
    value: dict[str, Any] = {
        "type": "finding",
        "v": VERSION,
        "code": found.code,
        "severity": found.severity,
    }
    if found.where:
        value["where"] = found.where
    value["message"] = found.message
    if found.client is not None:
        value["client"] = found.client
    if found.other_hash is not None:
        value["other_info_hash"] = found.other_hash.hex()
    value["input"] = printable.printable(origin)
    if document is not None:
        for name in ("name", "info_hash", "info_hash_v2", "path"):
            fact = getattr(document, name)
            if fact is not None:
                value[name] = fact.hex() if isinstance(fact, bytes) else fact
    return value


def of_error(error: FormatError) -> Finding:
    """Say as a finding why an input was refused."""
    # In a document the torrent's own error is the cause of the one that says where it is.
    is_mismatch = any(isinstance(one, HybridMismatch) for one in (error, error.__cause__))
    code = "hybrid-mismatch" if is_mismatch else "refused"
    message = str(error).removeprefix(f"{error.where}: ")
    return finding(code, error.where, message)
