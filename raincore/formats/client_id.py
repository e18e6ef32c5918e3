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

AZUREUS = re.compile(rb"-([A-Za-z0-9~]{2})([0-9A-Za-z.+-]{4})[-A-Za-z0-9]", re.DOTALL)
SHADOW = re.compile(rb"([A-Z])([0-9A-Za-z.-]{5})---")
MAINLINE = re.compile(rb"([MQ])([0-9]{1,2}-[0-9]{1,2}-[0-9]{1,2})-")

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
MAINLINE_CLIENTS = {"M": "Mainline", "Q": "Queen Bee"}


def make(rng: random.Random) -> PeerId:
    """Make a peer id of ours: the prefix, then 12 random bytes."""
    return PeerId(PREFIX + rng.randbytes(PeerId.LENGTH - len(PREFIX)))


def name(peer_id: bytes) -> str | None:
    """Say which client a peer id claims, such as "Transmission 4.0.5".

    Knows the Azureus style ("-TR4050-…"), the Shadow style ("T03I-----…") and Mainline's
    ("M7-10-5--…"). A claim, nothing more: anybody can send anything.

    Returns:
        Printable text; for an unknown client in Azureus style its two letters and
        version; None if the peer id follows no style.
    """
    if match := AZUREUS.match(peer_id):
        code = match[1].decode("ascii")
        return f"{CLIENTS.get(code, code)} {_dotted(match[2].decode('ascii'))}"
    if match := MAINLINE.match(peer_id):
        number = match[2].decode("ascii").replace("-", ".")
        return f"{MAINLINE_CLIENTS[match[1].decode('ascii')]} {number}"
    if match := SHADOW.match(peer_id):
        code = match[1].decode("ascii")
        if code in SHADOW_CLIENTS:
            return f"{SHADOW_CLIENTS[code]} {_dotted(match[2].decode('ascii').rstrip('-'))}"
    return None


def _dotted(version: str) -> str:
    """One character a number: "4050" is 4.0.5; trailing zeros beyond two numbers go."""
    digits = [str(int(char, 36)) if char.isalnum() else "0" for char in version]
    while len(digits) > 2 and digits[-1] == "0":
        digits.pop()
    return ".".join(digits)
