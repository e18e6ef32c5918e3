"""What others do without a command line of their own: run by whichever Python has them.

python other_tools.py create v1|v2|hybrid PIECE_LENGTH CONTENT OUT      (libtorrent)
python other_tools.py inspect TORRENT...                                (libtorrent)
python other_tools.py verify TORRENT CONTENT                            (torf)
"""

from __future__ import annotations

import json
import os
import sys


def create(version: str, piece_length: str, content: str, out: str) -> None:
    """Hash and write as libtorrent's own example does."""
    import libtorrent

    files = libtorrent.file_storage()
    libtorrent.add_files(files, content)
    kinds = libtorrent.create_torrent
    flags = {"v1": kinds.v1_only, "v2": kinds.v2_only, "hybrid": 0}[version]
    made = kinds(files, int(piece_length), flags)
    libtorrent.set_piece_hashes(made, os.path.dirname(content))
    with open(out, "wb") as file:
        file.write(libtorrent.bencode(made.generate()))


def inspect(*torrents: str) -> None:
    """Print what a document of rain-inspect holds, one line a torrent."""
    import libtorrent

    for path in torrents:
        info = libtorrent.torrent_info(path)
        files = info.files()
        listed = [
            {"path": files.file_path(number), "length": files.file_size(number)}
            for number in range(files.num_files())
        ]
        print(json.dumps({"name": info.name(), "files": listed, "path": path}))


def verify(torrent: str, content: str) -> None:
    """Check all content with all cores."""
    import torf

    if not torf.Torrent.read(torrent).verify(content):
        raise SystemExit(1)


if __name__ == "__main__":
    {"create": create, "inspect": inspect, "verify": verify}[sys.argv[1]](*sys.argv[2:])
