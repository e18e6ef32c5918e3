"""All facts about web seeds and what they are fetching, as the torrent sees them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.formats import http_url
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.policy.rates import Rate

if TYPE_CHECKING:
    from raincore.base.bitfield import Bitfield
    from raincore.policy.piece_download import PieceDownload

__all__ = ["Fetch", "Room", "WebseedState", "Webseeds"]

FIRST_KEY = 1 << 60
"""Keys of web seeds begin here, far from those of peers: a block has a sender of either kind."""

USER = re.compile(r"//[^/]*@")

HOPELESS_FAILURES = 5
"""So many failures in a row, with nothing in between, and nobody waits for it any more."""


class Room(NamedTuple):
    """Where the next bytes of a fetch go.

    Args:
        piece: Piece index.
        begin: Offset in the piece.
        length: Bytes to its end.
        direct: Whether all of them may be written to the piece's buffer now; else only
            what `TorrentMachine.accept` names afterwards.
    """

    piece: int
    begin: int
    length: int
    direct: bool


@dataclass(slots=True, eq=False)
class WebseedState:
    """One web seed. Mutable; owned and changed by the machine only.

    Args:
        key: Names it as the sender of blocks.
        url: As the torrent has it.
        by_piece: Whether it serves pieces (BEP 17) rather than files (BEP 19).
    """

    key: int
    url: str
    by_piece: bool
    has: Bitfield | None = None
    """Pieces that it may give; None until the info dictionary is known."""
    active: int = 0
    """Fetches under way."""
    fetches_max: int = 1
    last_heard: float = -math.inf
    """When it gave anything, or was asked for something while it owed nothing."""
    rest_until: float = -math.inf
    """Ask for nothing before this moment."""
    failures: int = 0
    """In a row, since it last gave anything."""
    files_missing: int = 0
    """In a row, as `failures`."""
    refused: str = ""
    """Why it will never be asked again; "" while it may."""
    said: str = "no answer yet"
    """What came of the latest request, in a few words."""
    told: str = ""
    """The latest state that the outside was told."""
    download: Rate = field(default_factory=Rate)
    downloaded: int = 0
    snubbed: bool = False
    """Never; peers have it too."""

    @property
    def host(self) -> str:
        """Whom it belongs to: sources of one host share its patience. Not of one refused."""
        return urlsplit(self.url).netloc.rpartition("@")[2].lower()

    @property
    def place(self) -> str:
        """Its URL without the user's keys, to name it by."""
        return printable(USER.sub("//", self.url.partition("?")[0]))

    @property
    def is_hopeless(self) -> bool:
        """Whether nothing is to be expected of it."""
        return bool(self.refused) or self.failures >= HOPELESS_FAILURES


@dataclass(slots=True, eq=False)
class Fetch:
    """A run of pieces on its way from one web seed.

    Args:
        key: Names it to the shell.
        position: Content offset of the next byte.
        begun: The piece behind the last one that has been begun: it and those behind it
            are only reserved.
        end: The piece behind the last one; others may take over pieces from there.
        is_shared: Whether it is one piece that others are at work on as well.
    """

    key: int
    source: WebseedState
    position: int
    begun: int
    end: int
    is_shared: bool = False
    waits: bool = False
    """Whether it stands still because the byte budget is spent."""
    fresh: int = 0
    """Blocks that it has brought first."""
    noted: int = 0
    """Those of them that the stall clock knows of."""
    is_stopped: bool = False
    """The shell was told to end it; nothing more is expected of it."""
    download: PieceDownload | None = None
    """The books of the piece that it is at."""


class Webseeds:
    """All web seeds of a torrent.

    Args:
        urls: As the torrent, or its document, has them.
        max_sources: How many are looked at; others are left out.
    """

    __slots__ = ("begun", "due", "fetches", "next_key", "sources")

    def __init__(self, urls: WebUrls = NO_WEB, max_sources: int = 100) -> None:
        self.sources: dict[int, WebseedState] = {}
        self.fetches: dict[int, Fetch] = {}
        self.next_key = 1
        self.begun = False
        self.due = True
        """Something changed in this event: look for work when it is dealt with."""
        known = dict.fromkeys(
            [*((url, False) for url in urls.files), *((url, True) for url in urls.pieces)]
        )
        for number, (url, by_piece) in enumerate(known):
            if number >= max_sources:
                break
            key = FIRST_KEY + number
            self.sources[key] = source = WebseedState(key, url, by_piece)
            try:
                http_url.parse(url)
            except FormatError as error:
                source.refused = source.said = str(error)

    @property
    def may_help(self) -> bool:
        """Whether content may still come from any of them."""
        return any(not source.is_hopeless for source in self.sources.values())
