"""A whole DHT of libtorrent nodes, each at a loopback address of its own, in one process.

    python3 libtorrent_dht_process.py '{"nodes": [["127.0.0.2", 7001], …]}'

stdin carries one request per line, `{"id": 1, "do": "known"}`; stdout one reply per line with
that `id`. End of stdin ends the process. Standard library and libtorrent only: the interpreter
is not the one that runs the tests.
"""

import json
import os
import sys
import time

import libtorrent as lt

__all__ = ["DHT_SETTINGS", "main"]

DHT_SETTINGS = {
    "enable_dht": True,
    "dht_bootstrap_nodes": "",
    # All nodes are at one machine: the rules against many nodes at one place must sleep.
    "dht_restrict_routing_ips": False,
    "dht_restrict_search_ips": False,
    "dht_prefer_verified_node_ids": False,
    "dht_ignore_dark_internet": False,
    "dht_block_ratelimit": 1000000,
    "dht_upload_rate_limit": 1000000,
}

QUIET = {
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "aio_threads": 1,
    "hashing_threads": 1,
    "alert_mask": lt.alert.category_t.dht_notification,
}


class Swarm:
    """All nodes. Each is told of each: left alone they take minutes to get acquainted."""

    def __init__(self, nodes):
        self.sessions = [
            lt.session(QUIET | DHT_SETTINGS | {"listen_interfaces": f"{host}:{port}"})
            for host, port in nodes
        ]
        for node in nodes:
            self.introduce(node)

    def known(self, **_):
        """How many nodes each node knows."""
        counts = []
        for session in self.sessions:
            session.post_dht_stats()
        for session in self.sessions:
            counts.append(self.table_size(session))
        return {"counts": counts}

    def table_size(self, session):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            session.wait_for_alert(200)
            for alert in session.pop_alerts():
                if isinstance(alert, lt.dht_stats_alert):
                    return sum(bucket["num_nodes"] for bucket in alert.routing_table)
        return 0

    def introduce(self, node, **_):
        """Tell every node of another one."""
        for session in self.sessions:
            session.add_dht_node(tuple(node))
        return {}


def main(make=Swarm):
    swarm = make(json.loads(sys.argv[1])["nodes"])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = getattr(swarm, request["do"])(**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps({"id": request["id"]} | reply) + "\n")
        sys.stdout.flush()
    os._exit(0)  # nothing is to be saved, and sessions end slowly one after another


if __name__ == "__main__":
    main()
