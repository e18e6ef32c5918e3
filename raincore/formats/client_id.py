"""Peer-id prefix to client name, and our own peer ids (BEP 20)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from raincore.base.ids import PeerId

if TYPE_CHECKING:
    import random

__all__ = ["PREFIX", "make", "name"]

PREFIX = b"-RA0100-"
"""What our peer ids start with. Not "-RN": peers ban that one by its name."""

AZUREUS = re.compile(rb"-([A-Za-z0-9~]{2})([0-9A-Za-z]{4})-")
SHADOW = re.compile(rb"([AOQRSTU])([0-9A-Za-z]{2,5})-")  # dashes fill it up to five
DASHED = re.compile(rb"(M|Q|A2-)([0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2})-")

CLIENTS = {
    "7T": "aTorrent",
    "A~": "Ares",
    "AG": "Ares",
    "AZ": "Vuze",
    "BC": "BitComet",
    "BI": "BiglyBT",
    "BL": "BitLord",
    "BT": "BitTorrent",
    "BW": "BitWombat",
    "CD": "Enhanced CTorrent",
    "CT": "CTorrent",
    "DE": "Deluge",
    "FD": "Free Download Manager",
    "FL": "Flud",
    "FW": "FrostWire",
    "GT": "anacrolix/torrent",
    "HL": "Halite",
    "JT": "jTorrent",
    "KG": "KGet",
    "KT": "KTorrent",
    "LC": "LeechCraft",
    "LP": "Lphant",
    "LT": "libtorrent",
    "LW": "LimeWire",
    "lt": "rTorrent",
    "MO": "MonoTorrent",
    "PI": "PicoTorrent",
    "qB": "qBittorrent",
    "RA": "rain",
    "RN": "rain (Go)",
    "rQ": "rqbit",
    "SD": "Xunlei",
    "TL": "Tribler",
    "TR": "Transmission",
    "TX": "Tixati",
    "UE": "µTorrent Embedded",
    "UM": "µTorrent Mac",
    "UT": "µTorrent",
    "UW": "µTorrent Web",
    "WD": "WebTorrent Desktop",
    "WW": "WebTorrent",
    "XL": "Xunlei",
    "ZO": "Zona",
}
SHADOW_CLIENTS = {
    "A": "ABC",
    "O": "Osprey Permaseed",
    "Q": "BTQueue",
    "R": "Tribler",
    "S": "Shadow",
    "T": "BitTornado",
    "U": "UPnP NAT",
}
DASHED_CLIENTS = {"M": "Mainline", "Q": "Queen Bee", "A2-": "aria2"}


def make(rng: random.Random, prefix: bytes = PREFIX) -> PeerId:
    """Make a peer id of ours: the prefix, then random bytes.

    Args:
        rng: Dice.
        prefix: At most 20 bytes; what is left tells us apart from others.
    """
    return PeerId(prefix + rng.randbytes(PeerId.LENGTH - len(prefix)))


def name(peer_id: bytes) -> str | None:
    """Say which client a peer id claims, such as "Transmission 4.0.5".

    Knows the Azureus style ("-TR4050-…"), Mainline's ("M7-10-5--…") and the Shadow style
    ("T03I-----…"). A claim, nothing more: anybody can send anything.

    Returns:
        Printable text; for an unknown client in Azureus style its two letters and
        version; None if the peer id follows no style.
    """
    if match := AZUREUS.match(peer_id):
        code = match[1].decode("ascii")
        return f"{CLIENTS.get(code, code)} {_dotted(match[2])}"
    if match := DASHED.match(peer_id):
        number = match[2].decode("ascii").replace("-", ".")
        return f"{DASHED_CLIENTS[match[1].decode('ascii')]} {number}"
    if match := SHADOW.match(peer_id):
        return f"{SHADOW_CLIENTS[match[1].decode('ascii')]} {_dotted(match[2])}"
    return None


def _dotted(version: bytes) -> str:
    """One character a number: "4050" is 4.0.5; trailing zeros beyond two numbers go.

    A last "Z" or "X" is no number but marks a build between versions, as in Transmission.
    """
    digits = version.decode("ascii")
    if len(digits) > 3 and digits[-1] in "XZ":
        digits = digits[:-1]
    numbers = [str(int(digit, 36)) for digit in digits]
    while len(numbers) > 2 and numbers[-1] == "0":
        numbers.pop()
    return ".".join(numbers)
