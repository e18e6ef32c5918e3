"""What strangers send becomes a torrent of a session, or is refused with a reason."""

import pytest

from raincore.base.config import SessionRules
from raincore.base.errors import ConfigError, FormatError
from raincore.base.session_errors import SessionError
from raincore.formats import metainfo
from raincore.net.offload import Offload
from raincore.policy.file_selection import Selection
from raincore.session import adding
from raincore.session.add_options import AddOptions
from raincore.storage.torrent_record import TorrentOptions

RULES = SessionRules()
HASH = "ab" * 20


def test_a_torrent_file_brings_all_that_it_says(made):
    data = metainfo.encode(
        made.info.raw,
        trackers=[["http://a.example/x", "wss://no.example"], ["ftp://no.example"]],
        webseeds=["http://w.example", "ftp://no.example"],
    )
    found = adding.from_metainfo(data, AddOptions(trackers=(("udp://t.example:1",),)), RULES)
    record = found.record
    assert found.info == made.info
    assert record.name == "sample"
    assert record.info_hash == record.hash_v1 == made.info.info_hash.hex()
    assert record.trackers == (("http://a.example/x",), ("udp://t.example:1",))
    assert record.webseeds == ("http://w.example",)
    assert not record.id
    assert not record.started


def test_what_is_too_large_is_refused(torrent):
    with pytest.raises(FormatError, match="torrent too large"):
        adding.from_metainfo(torrent, AddOptions(), SessionRules(max_torrent_length=10))
    with pytest.raises(FormatError, match="too many pieces: 20"):
        adding.from_metainfo(torrent, AddOptions(), SessionRules(max_pieces=19))
    assert adding.from_metainfo(torrent, AddOptions(), SessionRules(max_pieces=0)).info


def test_a_selection_has_to_fit(torrent):
    options = AddOptions(options=TorrentOptions(select=Selection(indices=(1,))))
    with pytest.raises(ConfigError, match="no such file to select: 1 of 1"):
        adding.from_metainfo(torrent, options, RULES)


def test_a_magnet_link_brings_all_that_it_says():
    link = (
        f"magnet:?xt=urn:btih:{HASH}&dn=a%1bb&tr=udp%3a%2f%2ft%3a1&tr=x&ws=http%3a%2f%2fw"
        "&xs=http%3a%2f%2fs&x.pe=1.2.3.4:5&so=2"
    )
    record = adding.from_magnet(link, AddOptions(peers=("h:6",))).record
    assert record.name == "a�b"
    assert record.trackers == (("udp://t:1",),)
    assert record.webseeds == ("http://w",)
    assert record.sources == ("http://s",)
    assert (record.peers, record.added_peers) == (("1.2.3.4:5",), ("h:6",))
    assert record.options.select == Selection(linked=(2,))
    wish = TorrentOptions(select=Selection(indices=(7,)))
    chosen = adding.from_magnet(link, AddOptions(options=wish, name="mine")).record
    assert chosen.options == wish
    assert chosen.name == "mine"


def test_schemes_are_told_apart():
    assert adding.scheme_of("MAGNET:?x") == "magnet"
    assert adding.scheme_of("https://x") == "https"
    for uri, shown in (("ftp://x", "ftp"), ("x", ""), ("\x1b:x", "�")):
        with pytest.raises(SessionError, match=f"unsupported uri scheme: {shown}"):
            adding.scheme_of(uri)


def test_control_characters_are_taken_out_of_uris():
    assert adding.stripped(" mag\nnet:\x7f?\x00 ") == "magnet:?"


def test_peers_of_a_link_that_are_no_addresses_are_left_out_with_one_warning(caplog):
    link = "magnet:?xt=urn:btih:" + "0a" * 20 + "&x.pe=host&x.pe=1.2.3.4:5&x.pe=h:0"
    assert adding.from_magnet(link, AddOptions()).record.peers == ("1.2.3.4:5",)
    [warning] = caplog.records
    assert warning.getMessage() == "peers of a magnet link are left out"
    assert warning.facts["peers"] == 2


def test_a_torrent_file_is_read_as_leniently_as_others_read_it(made):
    inside = made.info.raw
    data = b"d7:comment1:a7:comment1:b4:info" + inside + b"e\r\njunk"
    found = adding.from_metainfo(data, AddOptions(), RULES)
    assert found.info == made.info
    assert found.record.info_hash == made.info.info_hash.hex()


def test_what_of_a_file_does_not_count_is_in_the_log(made, caplog):
    adding.from_metainfo(metainfo.encode(made.info.raw), AddOptions(), RULES)
    assert caplog.records == []
    data = b"d7:comment1:a7:comment1:b4:info" + made.info.raw + b"e\r\njunk"
    adding.from_metainfo(data, AddOptions(), RULES)
    behind, twice = caplog.records
    assert behind.getMessage() == "part of a .torrent file does not count"
    assert behind.facts["name"] == made.info.name
    assert behind.facts["what"].startswith("6 bytes are behind the end of the value")
    assert twice.facts["what"].startswith("key 'comment' comes again at offset 13")


def test_trackers_of_one_number_are_one_tier():
    link = f"magnet:?xt=urn:btih:{HASH}&tr.2=http://c/&tr.1=http://a/&tr=http://p/&tr.1=http://b/"
    found = adding.from_magnet(link, AddOptions()).record
    assert found.trackers == (("http://p/",), ("http://a/", "http://b/"), ("http://c/",))


class Refusing(Offload):
    """No thread takes anything; what was sent to one is counted."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def run(self, worker, job):
        self.asked.append(worker)
        return job()


async def test_only_a_long_torrent_file_is_worth_a_thread(made):
    offload = Refusing()
    short = metainfo.encode(made.info.raw)
    assert (await adding.read(short, AddOptions(), RULES, offload)).info == made.info
    assert not offload.asked
    long = metainfo.encode(made.info.raw, comment="x" * adding.AT_ONCE_BYTES)
    assert (await adding.read(long, AddOptions(), RULES, offload)).info == made.info
    assert offload.asked == ["metainfo"]
