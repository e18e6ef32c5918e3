"""A DHT of libtorrent nodes whose nodes can also be told to ask, to announce and to store.

Run as `libtorrent_dht_process.py`, whose requests it takes as well. A request names a node by
its number. What a node hears comes back with the reply: `"wait"` is how long, in seconds.
"""

import importlib.util
import time
from pathlib import Path

import libtorrent as lt

__all__ = ["Talking"]

PATH = Path(__file__).with_name("libtorrent_dht_process.py")
SPEC = importlib.util.spec_from_file_location("libtorrent_dht_process", PATH)
process = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(process)


class Talking(process.Swarm):
    """Nodes that ask."""

    def __init__(self, nodes):
        super().__init__(nodes)
        self.torrents = []
        kinds = lt.alert.category_t
        mask = kinds.dht_notification | kinds.dht_operation_notification
        for session in self.sessions:
            session.apply_settings({"alert_mask": mask})

    def heard(self, session, kind, fits, wait):
        """The first alert of a kind that fits; None if none comes in time."""
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            session.wait_for_alert(200)
            for alert in session.pop_alerts():
                if isinstance(alert, kind) and fits(alert):
                    return alert
        return None

    def share(self, node, torrent, directory, **_):
        """Let a node seed, or fetch, a torrent, and announce that: to the DHT and nowhere else."""
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(torrent)
        parameters.trackers = []
        parameters.save_path = directory
        parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        parameters.flags |= lt.torrent_flags.override_trackers
        handle = self.sessions[node].add_torrent(parameters)
        self.torrents.append(handle)
        return {}

    def announce(self, **_):
        """Announce what is shared once more."""
        for handle in self.torrents:
            handle.force_dht_announce()
        return {"seeding": [handle.status().is_seeding for handle in self.torrents]}

    def get_peers(self, node, info_hash, wait, **_):
        target = lt.sha1_hash(bytes.fromhex(info_hash))
        session = self.sessions[node]
        session.dht_get_peers(target)

        def fits(alert):
            return alert.info_hash == target and alert.num_peers()

        alert = self.heard(session, lt.dht_get_peers_reply_alert, fits, wait)
        return {"peers": [list(peer) for peer in alert.peers()] if alert else []}

    def put(self, node, value, wait, **_):
        session = self.sessions[node]
        target = session.dht_put_immutable_item(value)
        alert = self.heard(session, lt.dht_put_alert, lambda one: one.target == target, wait)
        return {"target": str(target), "stored": alert.num_success if alert else 0}

    def get(self, node, target, wait, **_):
        session = self.sessions[node]
        wanted = lt.sha1_hash(bytes.fromhex(target))
        session.dht_get_immutable_item(wanted)

        def fits(alert):
            return alert.target == wanted

        alert = self.heard(session, lt.dht_immutable_item_alert, fits, wait)
        return {"value": alert.item["value"].decode() if alert else None}

    def put_mutable(self, node, secret, key, value, salt, wait, **_):
        session = self.sessions[node]
        keys = bytes.fromhex(secret), bytes.fromhex(key)
        session.dht_put_mutable_item(*keys, value.encode(), salt.encode())

        def fits(alert):
            return bytes(alert.public_key) == keys[1]

        alert = self.heard(session, lt.dht_put_alert, fits, wait)
        if alert is None:
            return {"stored": 0}
        return {"stored": alert.num_success, "seq": alert.seq}

    def get_mutable(self, node, key, salt, wait, **_):
        session = self.sessions[node]
        session.dht_get_mutable_item(bytes.fromhex(key), salt.encode())

        def fits(alert):
            return alert.authoritative

        alert = self.heard(session, lt.dht_mutable_item_alert, fits, wait)
        if alert is None:
            return {"value": None}
        return {"value": alert.item["value"].decode(), "seq": alert.seq}


if __name__ == "__main__":
    process.main(Talking)
