"""How the outside of a .torrent file is spelt in options, ours and those of other programs."""

from __future__ import annotations

from typing import Any

from raintools._kit import aliases, date_params, params, url_params

__all__ = ["OPTIONS"]

opt = aliases.option
HIDDEN: dict[str, Any] = {"is_flag": True, "hidden": True}
OPTIONS = (
    opt(
        "-t",
        "--tracker",
        "trackers",
        metavar="URL",
        multiple=True,
        aliases=["--announce", "--announce-tier"],
        help="Tracker; repeat it for another tier, use commas for the same tier.",
    ),
    opt("--no-trackers", aliases=["--notracker"], **HIDDEN),
    opt(
        "-w",
        "--webseed",
        "webseeds",
        metavar="URL",
        multiple=True,
        aliases=["--web-seed"],
        help="Web seed (BEP 19); repeatable.",
    ),
    opt("--no-webseeds", aliases=["--nowebseed"], **HIDDEN),
    opt(
        "--http-seed",
        "http_seeds",
        metavar="URL",
        multiple=True,
        help="HTTP seed (BEP 17); repeatable.",
    ),
    opt(
        "--node",
        "nodes",
        multiple=True,
        type=params.EndpointType(),
        help="DHT node, HOST:PORT (BEP 5); repeatable.",
    ),
    opt(
        "--similar",
        metavar="HASH",
        multiple=True,
        type=url_params.Hash(),
        help="Info-hash of a torrent that shares files (BEP 38); repeatable.",
    ),
    opt(
        "--collection",
        "collections",
        metavar="NAME",
        multiple=True,
        type=url_params.Group(),
        help="Group of torrents that it belongs to (BEP 38); repeatable.",
    ),
    opt("-c", "--comment", metavar="TEXT", help="A comment for people."),
    opt("--no-comment", aliases=["--nocomment"], **HIDDEN),
    opt(
        "--created-by",
        metavar="TEXT",
        aliases=["--creator"],
        help="Default: rain and its version.",
    ),
    opt("--no-created-by", is_flag=True, aliases=["--nocreator"], help="Do not name the program."),
    opt(
        "--date",
        type=date_params.DateType(),
        help="Creation date, UTC; default: SOURCE_DATE_EPOCH if that is set, else now.",
    ),
    opt(
        "--no-date",
        is_flag=True,
        aliases=["--nodate", "--no-creation-date"],
        help="Write no date.",
    ),
    opt("--anonymize", **HIDDEN),
)
