"""https trackers must prove who they are, to the system's authorities or to those we name."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.interop.rain_client import RainSeed, command, environment
from tests.net.web import reply, web

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.client import Place
    from tests.interop.conftest import MakeTorrent
    from tests.interop.processes import Process

pytestmark = pytest.mark.usefixtures("only_rain")


@pytest.mark.parametrize("how", ["believes nobody", "--no-verify-tls", "SSL_CERT_FILE"])
def test_an_https_tracker_is_believed_when_it_is_known_or_when_told_to(
    make_torrent: MakeTorrent, place: Place, source: Path, copy: Path, tmp_path: Path, how: str
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    torrent = make_torrent("single file")
    seeder = RainSeed(place, torrent, source, options=["--no-trackers"])
    peer = bytes((127, 0, 0, 1)) + seeder.address[1].to_bytes(2, "big")
    with web(lambda handler: reply(handler, b"d5:peers6:" + peer + b"e"), context) as tracker:
        torrent = torrent.with_tracker(f"{tracker.url}/KEY/announce")
        words = command("rain-fetch", torrent.path, "--dir", copy)
        found = environment()
        if how == "SSL_CERT_FILE":
            found[how] = str(tmp_path / "ca.pem")
        elif how.startswith("--"):
            words.append(how)
        process: Process = place.start(
            words, "rain-fetch", place.home("rain-fetch"), environment=found
        )
        code = process.wait()
    if how == "believes nobody":
        assert code == 4
        [line] = process.errors.splitlines()
        assert "no tracker answered: TLS handshake has failed: " in line
        assert "KEY" not in line
        assert tracker.asked == []
    else:
        assert code == 0, process.describe()
        assert torrent.faults(copy) == []
