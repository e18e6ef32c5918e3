"""What is wrong with a document, in its own order. The door to jsonschema.

The library looks at all of a document before it says a word: 9 s for a list of a million
peers of which the last is none. Here it is shown only what the quick check is not sure of,
step by step, and the first error ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.documents import quick_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema.exceptions import ValidationError

__all__ = ["Found", "find"]

STEPS = ("properties", "items")
"""Rules that lead to a part of a value; all others are about the value itself."""


class Found(NamedTuple):
    """An error, and where in the whole document it is."""

    error: ValidationError
    path: tuple[str | int, ...]


def find(
    schema: Mapping[str, Any] | bool, value: Any, path: tuple[str | int, ...] = ()
) -> Found | None:
    """The first thing in a value that its schema forbids: keys by name, lists in order.

    Args:
        schema: JSON Schema draft 2020-12, valid.
        value: What `json.loads` gives.
        path: Where the value is.
    """
    found = _of_itself(schema, value, path)
    if found is not None or isinstance(schema, bool):
        return found
    if isinstance(value, dict):
        for name, wanted in sorted(schema.get("properties", {}).items()):
            if name in value and not quick_check.compiled(wanted)(value[name]):
                found = find(wanted, value[name], (*path, name))
                if found is not None:
                    return found
    elif isinstance(value, list) and "items" in schema:
        is_fine = quick_check.compiled(schema["items"])
        for index, item in enumerate(value):
            if not is_fine(item):
                found = find(schema["items"], item, (*path, index))
                if found is not None:
                    return found
    return None


def _of_itself(
    schema: Mapping[str, Any] | bool, value: Any, path: tuple[str | int, ...]
) -> Found | None:
    """The first error of a value that is not one of a part of it."""
    from jsonschema import Draft202012Validator

    own = (
        schema
        if isinstance(schema, bool)
        else {rule: wanted for rule, wanted in schema.items() if rule not in STEPS}
    )
    error = next(Draft202012Validator(own).iter_errors(value), None)
    return None if error is None else Found(error, (*path, *error.absolute_path))
