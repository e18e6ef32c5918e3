"""The options that change a torrent's lists: trackers, web seeds, nodes and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.formats.metainfo_edit import ListChange
from raintools._kit import aliases
from raintools._kit.params import EndpointType, Parsed
from raintools._kit.url_params import Group, Hash, Tier, Url

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["OPTIONS", "lists_of"]

TRACKERS = "trackers"


class Row(NamedTuple):
    """The three options of one list, what they take, and what other programs call them."""

    field: str
    name: str
    plural: str
    metavar: str
    kind: Parsed
    help: str
    short: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()


ROWS = (
    Row(
        TRACKERS,
        "tracker",
        "trackers",
        "URL",
        Tier(),
        "Add a tracker in a tier of its own, or several, with commas, in one tier.",
        short=("-t",),
        add=("--add", "--announce", "--announce-tier"),
        remove=("--delete",),
        clear=("--notracker",),
    ),
    Row(
        "webseeds",
        "webseed",
        "webseeds",
        "URL",
        Url(),
        "Add a web seed (BEP 19).",
        short=("-w",),
        add=("--web-seed",),
        clear=("--nowebseed",),
    ),
    Row("http_seeds", "http-seed", "http-seeds", "URL", Url(), "Add an HTTP seed (BEP 17)."),
    Row("nodes", "node", "nodes", "HOST:PORT", EndpointType(), "Add a DHT node (BEP 5)."),
    Row("similar", "similar", "similar", "HASH", Hash(), "Add a torrent with same files (BEP 38)."),
    Row("collections", "collection", "collections", "NAME", Group(), "Add it to a group (BEP 38)."),
)


def _options(row: Row) -> Iterator[Any]:
    yield aliases.option(
        *row.short,
        f"--{row.name}",
        f"add_{row.field}",
        metavar=row.metavar,
        multiple=True,
        type=row.kind,
        aliases=row.add,
        help=f"{row.help} Repeatable.",
    )
    yield aliases.option(
        f"--remove-{row.name}",
        f"remove_{row.field}",
        metavar="GLOB",
        multiple=True,
        aliases=row.remove,
        help="Take out that one, or all that match. Repeatable.",
    )
    yield aliases.option(
        f"--no-{row.plural}",
        f"no_{row.field}",
        is_flag=True,
        aliases=row.clear,
        help="Take out all that are there.",
    )


OPTIONS = tuple(option for row in ROWS for option in _options(row))


def lists_of(given: dict[str, Any]) -> dict[str, Any]:
    """Take what these options say out of the values of all.

    Returns:
        `lists`, `trackers` and `tiers` as `metainfo_edit.Edit` has them.
    """
    adding = {row.field: given.pop(f"add_{row.field}") for row in ROWS}
    tiers = adding.pop(TRACKERS)
    changes = {
        row.field: ListChange(
            clear=given.pop(f"no_{row.field}"),
            remove=given.pop(f"remove_{row.field}"),
            add=adding.get(row.field, ()),
        )
        for row in ROWS
    }
    return {"trackers": changes.pop(TRACKERS), "tiers": tiers, "lists": changes}
