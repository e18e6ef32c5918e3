"""Find the schema a document names, and check the document against it.

A schema file is called TYPE-VERSION.schema.json and is JSON Schema draft 2020-12.
Producers never come here. jsonschema has the last word on every document that the quick
check is not sure of; most commands never import it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from raincore.base import printable
from raincore.base.errors import DocumentError
from raincore.documents import first_error, quick_check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["VERSIONS", "schema", "schema_of", "validate"]

VERSIONS = {
    "dht": 1,
    "dht_node": 1,
    "diff": 1,
    "explain": 1,
    "explanation": 1,
    "file": 1,
    "finding": 1,
    "item": 1,
    "key": 1,
    "match": 1,
    "metadata": 1,
    "node": 1,
    "peer": 1,
    "piece": 1,
    "plan": 1,
    "progress": 1,
    "raw": 1,
    "sample": 1,
    "scrape": 1,
    "session_config": 1,
    "session_event": 1,
    "session_stats": 1,
    "session_version": 1,
    "status": 1,
    "torrent": 1,
    "torrent_file": 1,
    "torrent_file_stats": 1,
    "torrent_options": 1,
    "torrent_peer": 1,
    "torrent_stats": 1,
    "torrent_tracker": 1,
    "torrent_webseed": 1,
    "tracker": 1,
    "warning": 1,
    "webseed": 1,
}
"""Each document type and the version that this program reads and writes."""

DRAFT = "https://json-schema.org/draft/2020-12/schema"
MESSAGE_LIMIT = 120

PATTERNS = {
    r"^(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}\Z": "an address such as 192.0.2.1:6881",
    r"^/": "an absolute path",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\Z": (
        "a time such as 2026-11-25T10:00:00Z"
    ),
    r"^[0-9a-f]{40}\Z": "40 lower-case hex digits",
    r"^[0-9a-f]{64}\Z": "64 lower-case hex digits",
    r"^[0-9a-f]{128}\Z": "128 lower-case hex digits",
    r"^([0-9a-f]{2})*\Z": "pairs of lower-case hex digits",
    r"^[A-Za-z0-9+/]*={0,2}\Z": "base64",
    r"^[Mm][Aa][Gg][Nn][Ee][Tt]:": "a magnet link",
    r"^[a-z0-9]+(-[a-z0-9]+)*\Z": "lower-case words with hyphens",
    r"^[a-z]*\Z": "lower-case letters",
}
"""Every pattern in the schemas, in words."""


def schema(name: str) -> dict[str, Any]:
    """Load one schema as JSON value; a fresh copy.

    Args:
        name: A key of `VERSIONS`; anything else is a bug in the caller (KeyError).
    """
    file = resources.files("raincore.documents") / f"schemas/{name}-{VERSIONS[name]}.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return loaded


def schema_of(names: Sequence[str]) -> dict[str, Any]:
    """Give the schema of a stream that carries documents of these types."""
    if len(names) == 1:
        return schema(names[0])
    alternatives = [schema(name) for name in names]
    for one in alternatives:
        del one["$schema"]  # the draft forbids it below the top
    return {"$schema": DRAFT, "title": "One line of the stream", "oneOf": alternatives}


def validate(document: object) -> None:
    """Check one document against the schema that its `type` and `v` name.

    A document without `v` is taken to be of version 1. The first error in the order of
    the document is reported. O(size of the document): 0.1 s for 100,000 files, and twice
    that when there is something to report.

    Raises:
        DocumentError: It breaks its schema, or has a type or version that this program
            does not know. `where` is a JSON path such as "$.files[0].length".
    """
    if not isinstance(document, dict):
        raise DocumentError("is not a JSON object", "$")
    if "type" not in document:
        raise DocumentError("is missing", "$.type")
    name = document["type"]
    if not isinstance(name, str) or name not in VERSIONS:
        raise DocumentError(f"is no known type of document: {_shown(name)}", "$.type")
    version = document.get("v", 1)
    if type(version) is int and version > VERSIONS[name]:
        message = f"is a newer version than {VERSIONS[name]}, the one understood here: {version}"
        raise DocumentError(message, "$.v")
    if _quick(name)(document):
        return
    found = first_error.find(schema(name), document)
    if found is not None:
        raise DocumentError(_message(found.error), _json_path(found.path))


@cache
def _quick(name: str) -> Callable[[Any], bool]:
    return quick_check.compiled(schema(name))


def _message(error: Any) -> str:
    # Said anew: the library quotes whole documents, and strangers' text as it stands.
    rule = error.validator
    if rule == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        return f"lacks the key {missing!r}"
    if rule == "type":
        return f"must be {error.validator_value}: {_shown(error.instance)}"
    if rule in {"const", "enum"}:
        return f"must be {_shown(error.validator_value)}: {_shown(error.instance)}"
    if rule == "pattern":
        return f"must be {PATTERNS[error.validator_value]}: {_shown(error.instance)}"
    if rule in {"minimum", "maximum"}:
        return f"is out of range: {_shown(error.instance)}"
    if rule == "maxItems":
        return f"has {len(error.instance)} items, and may have {error.validator_value}"
    return f"breaks the rule {rule!r}: {_shown(error.instance)}"


def _shown(value: object) -> str:
    return printable.printable(json.dumps(value, ensure_ascii=False), MESSAGE_LIMIT)


def _json_path(path: Iterable[str | int]) -> str:
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{printable.printable(step)}" for step in path
    )
    return "$" + "".join(steps)
