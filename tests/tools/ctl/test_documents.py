"""What a server said becomes documents, or is refused."""

import pytest

from raincore.base.errors import RemoteProtocolError
from raintools.ctl import documents

HASH = "0123456789abcdef0123456789abcdef01234567"
ROW = {"ID": "one", "Name": "photos\x1b", "InfoHash": HASH, "Port": 1, "AddedAt": "x"}
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=photos"


def test_a_torrent_keeps_the_servers_own_row():
    found = documents.torrent(ROW)
    assert (found["id"], found["info_hash"], found["name"]) == ("one", HASH, "photos\ufffd")
    assert found["session"] == {**ROW, "Name": "photos\ufffd"}
    assert "status" not in found


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"Status": "Allocating"}, "checking"),
        ({"Status": "Stopped", "Error": "disk full"}, "error"),
        ({"Status": "Queued"}, "checking"),
        ({"Status": "Dreaming"}, ""),
    ],
)
def test_statuses_are_in_our_words(said, status):
    assert documents.status_of(said) == status
    assert documents.torrent(ROW, said).get("status", "") == status


def test_the_hash_of_a_v2_torrent_is_no_v1_hash():
    v2 = HASH + "0" * 24
    found = documents.torrent({**ROW, "InfoHashV2": v2})
    assert (found.get("info_hash"), found["info_hash_v2"]) == (None, v2)
    hybrid = documents.torrent({**ROW, "InfoHashV2": "f" * 64})
    assert (hybrid["info_hash"], hybrid["info_hash_v2"]) == (HASH, "f" * 64)


@pytest.mark.parametrize("row", [{}, {**ROW, "InfoHash": "short"}, {**ROW, "InfoHash": 5}])
def test_a_torrent_without_a_hash_is_no_torrent(row):
    with pytest.raises(RemoteProtocolError, match="makes no sense"):
        documents.torrent(row)


def test_other_documents_keep_the_members():
    found = documents.of("torrent_peer", "one", {"Addr": "h:1", "type": "x", "id": "y", "v": 9})
    assert found == {"type": "torrent_peer", "v": 1, "id": "one", "Addr": "h:1"}
    with pytest.raises(RemoteProtocolError, match="Port"):
        documents.of("torrent_stats", "one", {"Port": "x"})


def test_links_and_files_join_the_document_that_came():
    came = {"type": "torrent", "v": 1, "x_own": 1}
    found = documents.linked("one", LINK, came)
    assert (found["magnet"], found["x_own"], found["id"]) == (LINK, 1, "one")
    info = b"d6:lengthi5e4:name5:photo12:piece lengthi16384e6:pieces20:" + bytes(20) + b"e"
    found = documents.embedded("one", b"d4:info" + info + b"e", came)
    assert (found["name"], found["x_own"], "metainfo" in found) == ("photo", 1, True)


def test_what_is_no_link_and_no_file_is_refused():
    with pytest.raises(RemoteProtocolError):
        documents.linked("one", "http://x")
    with pytest.raises(RemoteProtocolError):
        documents.embedded("one", b"x")
