"""Defaults, file, environment and flags to one Config, with the origin of each value.

What comes later wins: the defaults, the YAML file, `RAIN_KEY` in the environment, `--KEY` on
the command line.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from raincore.base.config import Config, Encryption, WebPatience
from raincore.base.errors import ConfigError, FormatError
from raincore.base.printable import printable
from raincore.session import config_rules, config_values, yaml_mapping
from raincore.session.config_keys import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.session.config_keys import Key

__all__ = ["DEFAULT", "Setting", "Settings", "load"]

DEFAULT = "$HOME/rain/config.yaml"
VARIABLE = re.compile(r"\$(?:\{(\w*)\}|(\w+))")
MOST_UNSAVED = 5.0
"""Seconds of verified pieces that a crash may lose, however long rain would wait."""
ANY_HOST = "0.0.0.0"  # noqa: S104 - what rain's default means
HEAD = ("connect", "tls", "header")
"""The steps to the head of an answer; redirects included, they may take so long together."""
OF_OTHERS = {
    # What rain-fetch and its like understand holds here as well.
    "RAIN_NO_DHT": ("dht-enabled", {"0": "true"}),
    "RAIN_NO_LSD": ("lsd-enabled", {"0": "true"}),
    "RAIN_BOOTSTRAP": ("dht-bootstrap-nodes", None),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key's value.

    Args:
        value: As `config_values.parse` gives it; variables in paths are not expanded.
        origin: Where it is from, as messages name it: "default", "config.yaml, line 3".
    """

    value: Any
    origin: str = "default"


@dataclass(frozen=True, slots=True)
class Settings:
    """All keys, and what they make.

    Args:
        values: By key, in the order of the table.
        config: What they make together.
        path: The file that was read; "" if none was.
        warnings: What was taken though it looks like a mistake, a line each.
    """

    values: dict[str, Setting]
    config: Config
    path: str = ""
    warnings: list[str] = field(default_factory=list)


def load(path: str | None, environment: Mapping[str, str], flags: Mapping[str, str]) -> Settings:
    """Read the configuration from everywhere.

    Args:
        path: The file; None for the default, which need not exist; "" for none.
        environment: Of the process.
        flags: Key to text, as on the command line; a tuple for a list.

    Raises:
        ConfigError: Something cannot be taken as it stands; says what, where, and what is
            expected there.
    """
    warnings: list[str] = []
    values = {name: Setting(_parse(key, key.default, "default")) for name, key in keys().items()}
    file = expanded(DEFAULT, environment) if path is None else path
    values |= _of_file(file, values, warnings, may_lack=path is None)
    values |= _of_environment(environment, warnings)
    for name, given in flags.items():
        origin = f"--{name}"
        key = _key(name, "settings")
        if isinstance(given, str):
            value = _parse(key, given, origin)
        elif config_values.is_list(key.kind):
            value = config_values.parse_list(key.kind, given)
        else:
            raise _wrong(key, origin, config_values.EXPECTED[key.kind], "a list")
        values[name] = Setting(value, origin)
    settings = {name: setting.value for name, setting in values.items()}
    config = _made(values, environment)
    config_rules.check(config, settings, {n: s.origin for n, s in values.items()})
    return Settings(values, config, file, warnings)


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Replace $NAME and ${NAME} by what the environment has.

    Raises:
        KeyError: It has no such variable. HOME is always there.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name == "HOME" and not environment.get("HOME"):
            return os.path.expanduser("~")  # a service may have no environment
        return environment[name]

    return VARIABLE.sub(value_of, text)


def _of_file(
    path: str, before: Mapping[str, Setting], warnings: list[str], *, may_lack: bool
) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    if not path:
        return found
    shown = printable(path)
    try:
        with open(path, "rb") as file:
            entries = yaml_mapping.read(file.read(yaml_mapping.MAX_LENGTH + 1))
    except FileNotFoundError as error:
        if may_lack:
            return found
        raise ConfigError(f"configuration file is missing: {shown}", "config") from error
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "is no path").lower()
        raise ConfigError(f"cannot read configuration file, {reason}: {shown}", "config") from error
    except FormatError as error:
        raise ConfigError(f"{shown}, {error}" if error.where else f"{shown}: {error}") from error
    for entry in entries:
        origin = f"{shown}, line {entry.line}"
        key = _key(entry.name, origin)
        if entry.name in found:
            warnings.append(f"{origin}: {entry.name} is there twice, the last counts")
        if entry.items is not None:
            if not config_values.is_list(key.kind):
                raise _wrong(key, origin, config_values.EXPECTED[key.kind], "a list")
            value: Any = config_values.parse_list(key.kind, entry.items)
        elif entry.text is None:
            value = () if config_values.is_list(key.kind) else before[entry.name].value
        else:
            value = _parse(key, entry.text, origin)
            if key.kind in ("duration", "limit") and 0 < value < 1e-3:
                warnings.append(f"{origin}: {entry.name}: a number without unit is nanoseconds")
        found[entry.name] = Setting(value, origin)
    return found


def _of_environment(environment: Mapping[str, str], warnings: list[str]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    known = {key.variable: key for key in keys().values()}
    for name in sorted(environment):
        text = environment[name]
        if name in known:
            found[known[name].name] = Setting(_parse(known[name], text, name), name)
        elif name in OF_OTHERS and text:
            key, meanings = OF_OTHERS[name]
            text = re.sub(r"\s+", ",", text.strip())
            if meanings is not None:
                text = "true" if not _parse(keys()[key], text, name) else "false"
            found[key] = Setting(_parse(keys()[key], text, name), name)
        elif name.startswith("RAIN_"):
            near = difflib.get_close_matches(name, known, 1, 0.85)
            if near:
                warnings.append(f"{printable(name)} is no setting; {near[0]} is")
    return found


def _key(name: str, origin: str) -> Key:
    found = keys().get(name)
    if found is not None:
        return found
    names = list(keys())
    run_together = {each.replace("-", ""): each for each in names}
    flat = re.sub(r"[-_ .]", "", name).lower()
    near = [run_together[flat]] if flat in run_together else []
    near = near or difflib.get_close_matches(name.lower(), names, 1, 0.5)
    what = f"{origin}: unknown key {printable(name, 60)!r}"
    hint = f"; did you mean {near[0]!r}?" if near else "; see rain-serve(1) for all of them"
    raise ConfigError(what + hint, name)


def _parse(key: Key, text: str, origin: str) -> Any:
    try:
        return config_values.parse(key.kind, text)
    except ValueError as error:
        raise _wrong(key, origin, str(error), repr(printable(text, 60))) from error


def _wrong(key: Key, origin: str, expected: str, got: str) -> ConfigError:
    label = "" if origin == f"--{key.name}" else f"{key.name}: "
    return ConfigError(f"{origin}: {label}expected {expected}, not {got}", key.name)


def _made(values: Mapping[str, Setting], environment: Mapping[str, str]) -> Config:
    """Put every value where it belongs."""
    config = Config()
    groups: dict[str, dict[str, Any]] = {}
    for name, setting in values.items():
        key, value = keys()[name], setting.value
        if key.kind == "path":
            try:
                value = expanded(value, environment)
            except KeyError as error:
                where = f"{setting.origin}: {name}"
                raise ConfigError(f"{where}: no such variable: {error.args[0]}", name) from error
        group, _, attribute = key.target.rpartition(".")
        if attribute:
            groups.setdefault(group, {})[attribute] = value
    settings = {name: setting.value for name, setting in values.items()}
    groups["peers"] |= _encryption(settings)
    groups["disk"]["save_interval_seconds"] = min(settings["resume-write-interval"], MOST_UNSAVED)
    for name, group, attribute in (("host", "session", "listen_host"), ("dht-host", "dht", "host")):
        groups[group][attribute] = _host(settings[name])
    patience = groups.pop("web.patience")
    patience["head_seconds"] = sum(patience[f"{step}_seconds"] for step in HEAD)
    groups["web"]["patience"] = WebPatience(**patience)
    groups["uploads"]["slots"] = settings["unchoked-peers"] + settings["optimistic-unchoked-peers"]
    config = replace(config, **groups.pop(""))
    made = {name: replace(getattr(config, name), **facts) for name, facts in groups.items()}
    return replace(config, **made)


def _host(given: str) -> str:
    """One address, or "" for all, of IPv6 too."""
    return {ANY_HOST: "", "localhost": "127.0.0.1"}.get(given, given)


def _encryption(settings: Mapping[str, Any]) -> dict[str, Any]:
    outgoing = Encryption.PREFER
    if settings["disable-outgoing-encryption"]:
        outgoing = Encryption.OFF
    if settings["force-outgoing-encryption"]:
        outgoing = Encryption.REQUIRE
    incoming = Encryption.REQUIRE if settings["force-incoming-encryption"] else Encryption.PREFER
    return {"encryption": outgoing, "incoming_encryption": incoming}
