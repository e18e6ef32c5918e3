"""The verb "rain-ctl add": torrents into the session, from wherever they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raintools._kit import inputs, options
from raintools._kit.command import Command
from raintools.ctl.add_batch import Batch
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from raintools._kit.options import Common
    from raintools.ctl.server import Server

__all__ = ["VERBS"]

EXAMPLES = """\b
Examples:
  rain-ctl add photos.torrent
  rain-ctl add 'magnet:?xt=urn:btih:…' --stop-after-download
  ls *.torrent | rain-inspect | jq -c 'select(.total_length > 1e9)' | rain-ctl add
  rain-create ./photos | rain-ctl add --stopped
"""


@click.command("add", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option("-t", "--torrent", "more", metavar="INPUT", multiple=True, help="The same as INPUT.")
@click.option("--id", "ident", metavar="ID", default="", help="What to call it; default: made up.")
@click.option("--stopped", is_flag=True, help="Do not start it.")
@click.option("--stop-after-download", is_flag=True, help="Stop when everything is there.")
@click.option("--stop-after-metadata", is_flag=True, help="Stop when the metadata is there.")
@click.option("--sequential", is_flag=True, help="Fetch pieces in order.")
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="A word of yours for it.")
@connected
@options.common("torrent")
def add(
    arguments: tuple[str, ...],
    more: tuple[str, ...],
    ident: str,
    stopped: bool,
    stop_after_download: bool,
    stop_after_metadata: bool,
    sequential: bool,
    labels: tuple[str, ...],
    server: Server,
    common: Common,
) -> int:
    """Add torrents to the session, and write their documents, with id and status.

    A URL is fetched by the server; files are sent to it. A document may also say which files
    are selected and where peers, trackers and web seeds are; all of it is sent at once, and
    so are many torrents that are there together.
    """
    how: dict[str, Any] = {
        "ID": ident,
        "Stopped": stopped,
        "StopAfterDownload": stop_after_download,
        "StopAfterMetadata": stop_after_metadata,
        "Sequential": sequential,
    }
    if labels:
        how["Labels"] = sorted(set(labels))
    given = inputs.of([*more, *arguments])
    batch = Batch(server, common, how)
    while True:
        item = None
        with common.outcome.guard("stdin"):
            item = next(given, None)
        if item is not None:
            with common.outcome.guard(item.origin):
                batch.put(item)
        if item is None or batch.is_full or not given.is_at_hand():
            batch.send()
        if item is None:
            return common.outcome.code


VERBS = (add,)
