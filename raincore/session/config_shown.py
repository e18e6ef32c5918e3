"""The configuration as others see it: a YAML file to read again, JSON, and its schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from raincore.session import config_values
from raincore.session.config_keys import keys

if TYPE_CHECKING:
    from raincore.session.config_file import Settings

__all__ = ["as_json", "as_yaml", "schema"]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
SECRETS = frozenset({"rpc-token"})
URLS = frozenset({"blocklist-url", "proxy"})
"""Those may have a password in them."""
NUMBERS = {"int": 2**31 - 1, "u16": 2**16 - 1, "u32": 2**32 - 1, "u64": 2**64 - 1}
NUMBERS |= {"i64": 2**63 - 1, "kib": 2**53}
DURATION = r"^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$"


def as_yaml(settings: Settings) -> str:
    """Write every setting as a file that means the same, with where each value is from."""
    lines = []
    for name, setting in settings.values.items():
        value = config_values.shown(keys()[name].kind, setting.value)
        lines.append(f"{name}: {_yaml(keys()[name].kind, value)}  # {setting.origin}")
    return "\n".join(lines)


def as_json(settings: Settings) -> dict[str, Any]:
    """Every setting by its key; secrets are left out, an empty text stands for them."""
    return {
        name: "" if _is_secret(name, s.value) else config_values.shown(keys()[name].kind, s.value)
        for name, s in settings.values.items()
    }


def schema() -> dict[str, Any]:
    """The JSON Schema of what `as_json` gives, and so of the configuration file."""
    properties = {
        key.name: {
            "description": key.meaning,
            "default": config_values.shown(key.kind, config_values.parse(key.kind, key.default)),
            **_type(key.kind),
        }
        for key in keys().values()
    }
    return {
        "$schema": DRAFT,
        "title": "Configuration of rain-serve",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _is_secret(name: str, value: Any) -> bool:
    return name in SECRETS or (name in URLS and "@" in value)


def _type(kind: str) -> dict[str, Any]:
    if kind == "bool":
        return {"type": "boolean"}
    if kind in NUMBERS:
        return {"type": "integer", "minimum": 0, "maximum": NUMBERS[kind]}
    if kind in ("float", "ratio"):
        return {"type": "number", "minimum": 0}
    if kind in ("duration", "limit"):
        return {"type": "string", "pattern": DURATION}
    if kind == "mode":
        return {"type": "string", "pattern": "^0[0-7]{1,4}$"}
    if config_values.is_list(kind):
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "string"}


def _yaml(kind: str, value: Any) -> str:
    # JSON is YAML, but plain words read better, and octal has no quotes.
    if kind in ("duration", "limit", "mode"):
        return str(value)
    # Escapes of JSON and YAML agree in ASCII only.
    return json.dumps(value)
