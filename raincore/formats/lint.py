"""What is odd about a torrent that can be read all the same.

Parsing refuses what is dangerous to use and takes what others write; this says what it
took. `lint_codes` lists all that can be found. Nothing is looked up: no clock, no network.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from raincore.formats import (
    lenient_bencode,
    lint_bencode,
    lint_content,
    lint_files,
    lint_keys,
    lint_names,
    lint_urls,
    magnet_parameters,
)
from raincore.formats.lint_codes import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.formats.magnet import Magnet
    from raincore.formats.metainfo import Metainfo

__all__ = ["of_magnet", "of_metainfo"]


def of_metainfo(metainfo: Metainfo, file_name: str | None = None) -> Iterator[Finding]:
    """Look for everything that is odd about a .torrent file.

    Args:
        metainfo: The torrent; its bytes are decoded once more, because parsing forgets
            what it does not use.
        file_name: The last component of its path, if it has one: transmission takes it
            for the name of a torrent that has none.

    Returns:
        Findings, those about the whole first. Linear in the size of the .torrent and of
        the paths in it, like parsing.
    """
    values, _ = lenient_bencode.decode_dictionary(metainfo.raw)
    info = values[b"info"]
    assert isinstance(info, dict)
    files = lint_files.listed(metainfo.info, info)
    yield from lint_bencode.check(metainfo, values, file_name)
    yield from lint_keys.check(metainfo, values, files)
    yield from lint_urls.check_trackers(values)
    yield from lint_urls.check_webseeds(values, is_multi_file=metainfo.info.is_multi_file)
    yield from lint_urls.check_nodes(values)
    yield from lint_content.check(metainfo, values, files)
    yield from lint_names.check(metainfo.info, files)
    yield from lint_files.check(metainfo.info, files)


def of_magnet(magnet: Magnet) -> Iterator[Finding]:
    """Look for what is odd about a magnet link; `where` is the parameter."""
    for kind, where, urls in (
        (lint_urls.TRACKER, "tr", tuple(chain.from_iterable(magnet.trackers))),
        (lint_urls.WEBSEED, "ws", magnet.webseeds),
        (lint_urls.SOURCE, "xs", magnet.sources),
    ):
        for url in urls:
            yield from lint_urls.check_url(url, kind, where)
    for peer in magnet.peers:
        yield from lint_urls.check_address(peer.rpartition(":")[0].strip("[]"), "x.pe")
    for fault in magnet.unusable:
        yield finding("peer-unusable", "x.pe", fault)
    for parameter in magnet.unknown:
        name = magnet_parameters.unquoted(parameter.partition("=")[0])
        yield finding("unknown-parameter", name, "is not known")
