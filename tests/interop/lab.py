"""Two hosts in network namespaces, joined by two cables, and every packet of both on record.

`home` has the devices lan0, by which its default route leads, and vpn0; `world` is at the other
end of both, and has an address of its own that both lead to. Nothing leaves the machine.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.interop import processes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.interop.client import Place
    from tests.interop.processes import Process

__all__ = ["LAN", "VPN", "VPN_V6", "WORLD", "Lab"]

ROOT = Path(__file__).resolve().parents[2]
LAN, VPN, VPN_V6 = "10.83.1.1", "10.83.2.1", "fd83:2::1"
WORLD = "10.83.9.1"
MARKER_PORT = 65535
SYSTEM = (0, 1, 58)
"""MLD behind a hop-by-hop header, ICMP and ICMPv6: what the system says by itself, such as that a
late datagram finds nobody, which goes where its routes lead; so does a reset of TCP."""
UDP = 17

TOPOLOGY = """
link add lan0 netns {home} type veth peer name lan1 address 02:00:00:00:00:01 netns {world}
link add vpn0 netns {home} type veth peer name vpn1 netns {world}
-n {home} addr add 10.83.1.1/24 dev lan0
-n {home} addr add 10.83.2.1/24 dev vpn0
-n {home} addr add fd83:1::1/64 dev lan0 nodad
-n {home} addr add fd83:2::1/64 dev vpn0 nodad
-n {world} addr add 10.83.1.2/24 dev lan1
-n {world} addr add 10.83.2.2/24 dev vpn1
-n {world} addr add fd83:1::2/64 dev lan1 nodad
-n {world} addr add fd83:2::2/64 dev vpn1 nodad
-n {world} addr add 10.83.9.1/32 dev lo
-n {home} link set lo up
-n {home} link set lan0 up
-n {home} link set vpn0 up
-n {world} link set lo up
-n {world} link set lan1 up
-n {world} link set vpn1 up
-n {home} neigh add 10.83.1.2 lladdr 02:00:00:00:00:01 dev lan0 nud permanent
-n {home} route add default via 10.83.1.2
-n {home} route add default via 10.83.2.2 metric 100
-n {home} route add default via fd83:1::2
-n {home} route add default via fd83:2::2 metric 2000
"""


class Lab:
    """The two hosts. Close it after the place in which its processes live.

    Raises:
        OSError: There can be no namespaces here; say so and skip.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.home, self.world = (f"rain-{os.getpid()}-{name}" for name in ("home", "world"))
        self.files = Path("/etc/netns") / self.home  # mounted over /etc by ip-netns(8)
        self._sniffers: dict[str, Process] = {}
        self._marks: Counter[str] = Counter()
        try:
            for name in (self.home, self.world):
                ip("netns", "add", name)
            for line in TOPOLOGY.strip().splitlines():
                ip(*line.format(home=self.home, world=self.world).split())
            self.files.mkdir(parents=True)
            (self.files / "resolv.conf").write_text(f"nameserver {WORLD}\n")
        except OSError:
            self.close()
            raise

    @staticmethod
    def missing() -> str:
        """Why there can be no lab; empty if there can."""
        if os.geteuid() != 0:
            return "only root may make network namespaces"
        return "" if shutil.which("ip") else "not installed: iproute2"

    def start(
        self, host: str, words: Sequence[str], name: str, environment: dict[str, str] | None = None
    ) -> Process:
        """Start a program on one of the hosts."""
        found = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tools")])}
        found |= environment or {}
        words = ["ip", "netns", "exec", host, *words]
        home = self.place.home(name)
        return self.place.start(words, name, home, environment=found, lines=True)

    def serve(self, names: Sequence[str], peers: Sequence[str], directory: Path) -> None:
        """Start what `lab_server` is, in the world."""
        script = str(ROOT / "tests/interop/lab_server.py")
        words = [sys.executable, script, WORLD, ",".join(names), ",".join(peers), str(directory)]
        assert self.start(self.world, words, "lab-server").line() == "ready"

    def sniff(self, host: str) -> None:
        """Put all further packets of a host on record."""
        words = [sys.executable, str(ROOT / "tests/interop/sniffer.py")]
        process = self._sniffers[host] = self.start(host, words, f"sniffer-{host}")
        assert process.line() == "ready"

    def sent(self, host: str) -> Counter[tuple[str, str, str, int, int]]:
        """What the host has sent until now: device, source, target, protocol and port.

        Without what is for itself, and without what the system says by itself; looking for a
        neighbour by ARP counts (protocol -1), and so does joining a group of IPv4.
        """
        process = self._sniffers[host]
        self._marks[host] += 1
        self._mark(host)
        marks = self._marks[host]
        packets = processes.until(lambda: marked(process, marks), "the sniffer is up to date")
        return Counter(
            (
                packet["device"],
                packet.get("source", ""),
                packet.get("target", ""),
                packet["protocol"],
                packet.get("port", 0),
            )
            for packet in packets
            if packet["out"] and packet["device"] != "lo"
            if packet["protocol"] not in SYSTEM and not packet.get("reset")
        )

    def close(self) -> None:
        """Take both hosts down."""
        for name in (self.home, self.world):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        shutil.rmtree(self.files, ignore_errors=True)

    def _mark(self, host: str) -> None:
        """Send what the sniffer must see behind everything else."""
        code = "import socket; s = socket.socket(type=socket.SOCK_DGRAM); "
        code += f"s.sendto(b'', ('127.0.0.1', {MARKER_PORT}))"
        ip("netns", "exec", host, sys.executable, "-c", code)


def marked(process: Process, marks: int) -> list[dict[str, Any]]:
    """All packets, if as many markers are among those that came in; none otherwise."""
    packets = [json.loads(line) for line in list(process.lines)[1:]]
    is_marker = [
        not p["out"] and p.get("port") == MARKER_PORT and p["protocol"] == UDP for p in packets
    ]
    return packets if sum(is_marker) >= marks else []


def ip(*words: str) -> None:
    """Run ip(8); what it refuses is an OSError."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
