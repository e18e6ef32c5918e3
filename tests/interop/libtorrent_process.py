"""A libtorrent session that obeys JSON lines; run by an interpreter that has the bindings.

    python3 libtorrent_process.py '{"listen": "127.0.0.1:0", "settings": {…}}'

stdin carries one request per line, `{"id": 1, "do": "add", …}`; stdout one object per line:
the reply with that `id`, or an `event` with the `time` (seconds, monotonic, the same clock
in all processes of a machine) at which it was seen. End of stdin ends the process.
Standard library and libtorrent only: the interpreter is not the one that runs the tests.
"""

import base64
import json
import os
import sys
import threading
import time

import libtorrent as lt

__all__ = ["main"]

SETTINGS = {
    "alert_mask": lt.alert.category_t.error_notification
    | lt.alert.category_t.status_notification
    | lt.alert.category_t.storage_notification
    | lt.alert.category_t.connect_notification
    | lt.alert.category_t.peer_notification,
    "allow_multiple_connections_per_ip": True,
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "out_enc_policy": int(lt.enc_policy.disabled),
    "in_enc_policy": int(lt.enc_policy.disabled),
    "announce_to_all_tiers": False,
    "min_reconnect_time": 1,
    "auto_manage_startup": 1,
}

EVENTS = {
    "peer_connect_alert": "connected",
    "incoming_connection_alert": "accepted",
    "peer_disconnected_alert": "disconnected",
    "peer_ban_alert": "banned",
    "torrent_finished_alert": "finished",
    "torrent_checked_alert": "checked",
    "metadata_received_alert": "metadata",
    "hash_failed_alert": "hash failed",
    "torrent_error_alert": "error",
    "file_error_alert": "error",
    "listen_failed_alert": "error",
}


class Conversation:
    """One session, the torrents in it and the pipe through which it is told what to do."""

    def __init__(self, listen, settings):
        self.lock = threading.Lock()
        self.session = lt.session(SETTINGS | {"listen_interfaces": listen} | settings)
        self.torrents = {}
        self.closing = False
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def say(self, **message):
        with self.lock:
            sys.stdout.write(json.dumps(message) + "\n")
            sys.stdout.flush()

    def watch(self):
        """Turn alerts into events until `close`."""
        while not self.closing:
            self.session.wait_for_alert(500)
            now = time.monotonic()
            for alert in self.session.pop_alerts():
                event = EVENTS.get(type(alert).__name__)
                if event:
                    self.say(event=event, time=now, text=alert.message())

    def listening(self, **_):
        return {"port": self.session.listen_port()}

    def add(
        self,
        directory,
        torrent=None,
        magnet=None,
        peers=(),
        upload_limit=0,
        dht=False,
        pex=False,
        trackers=(),
        wanted=None,
        **_,
    ):
        """Start a torrent; existing data are checked whole, as nothing is known of them."""
        if magnet:
            parameters = lt.parse_magnet_uri(magnet)
        else:
            parameters = lt.add_torrent_params()
            parameters.ti = lt.torrent_info(torrent)
        if wanted is not None:
            count = parameters.ti.num_files()
            parameters.file_priorities = [4 if n in wanted else 0 for n in range(count)]
        parameters.trackers = list(trackers)
        parameters.save_path = directory
        parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        if not dht:
            parameters.flags |= lt.torrent_flags.disable_dht
        if not pex:
            parameters.flags |= lt.torrent_flags.disable_pex
        parameters.flags |= lt.torrent_flags.override_trackers
        handle = self.session.add_torrent(parameters)
        if upload_limit:
            handle.set_upload_limit(upload_limit)
        number = len(self.torrents)
        self.torrents[number] = handle
        self.connect(number, peers)
        return {"torrent": number}

    def connect(self, torrent, peers, **_):
        for host, port in peers:
            self.torrents[torrent].connect_peer((host, port))
        return {}

    def dht_node(self, host, port, **_):
        """Make a node of the DHT known to ours."""
        self.session.add_dht_node((host, port))
        return {}

    def limit(self, torrent, upload_limit, **_):
        self.torrents[torrent].set_upload_limit(upload_limit)
        return {}

    def status(self, torrent, **_):
        status = self.torrents[torrent].status()
        return {
            "state": str(status.state),
            "seeding": status.is_seeding,
            "done": status.total_done,
            "uploaded": status.total_payload_upload,
            "downloaded": status.total_payload_download,
            "failed": status.total_failed_bytes,
            "peers": status.num_peers,
            "error": status.errc.message() if status.errc.value() else "",
        }

    def metadata(self, torrent, **_):
        info = self.torrents[torrent].torrent_file()
        return {"info": base64.b64encode(info.info_section()).decode() if info else ""}

    def create(self, content, out, piece_length, version, tracker="", **_):
        """Make a .torrent; `version` is "v1", "v2" or "hybrid"."""
        flags = {
            "v1": lt.create_torrent.v1_only,
            "v2": lt.create_torrent.v2_only,
            "hybrid": lt.create_torrent.canonical_files,
        }[version]
        storage = lt.file_storage()
        lt.add_files(storage, content)
        creation = lt.create_torrent(storage, piece_length, flags)
        if tracker:
            creation.add_tracker(tracker)
        lt.set_piece_hashes(creation, os.path.dirname(content))
        with open(out, "wb") as file:
            file.write(lt.bencode(creation.generate()))
        hashes = lt.torrent_info(out).info_hashes()
        return {
            "v1": str(hashes.v1) if hashes.has_v1() else "",
            "v2": str(hashes.v2) if hashes.has_v2() else "",
        }

    def obey(self, line):
        request = json.loads(line)
        try:
            reply = getattr(self, request["do"])(**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        self.say(**{"id": request["id"]} | reply)

    def close(self):
        """End the session in an orderly way: everything received is written."""
        self.closing = True
        self.session.post_session_stats()
        self.watcher.join()
        self.torrents.clear()
        del self.session


def main():
    options = json.loads(sys.argv[1])
    conversation = Conversation(options["listen"], options.get("settings", {}))
    for line in sys.stdin:
        conversation.obey(line)
    conversation.close()


if __name__ == "__main__":
    main()
