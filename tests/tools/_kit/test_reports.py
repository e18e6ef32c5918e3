"""What torrents tell reaches programs as events and people as one bar."""

import pytest

from raincore.base.ids import InfoHash
from raincore.documents import documents, events
from raincore.documents.documents import TorrentDocument
from raincore.formats import magnet, metainfo
from raintools._kit import reports
from raintools._kit.reports import EVENTS, Reporter, completed
from raintools._kit.sources import Loaded
from tests.sim.content import sample

ONE, TWO = InfoHash(b"1" * 20), InfoHash(b"2" * 20)


class Common:
    """Stands for what the common options say."""

    quiet = False

    def __init__(self) -> None:
        self.written: list[events.Event] = []
        self.warnings: list[str] = []
        self.out = self

    def document(self, record) -> None:
        self.written.append(record)

    def warn(self, text: str) -> None:
        self.warnings.append(text)


class Screen:
    """Takes the bar's place and remembers what was shown."""

    def __init__(self, name, total, **settings) -> None:
        self.name = name
        self.shown: list[tuple[int, int | None, str]] = []
        self.closed = False

    def rename(self, name) -> None:
        self.name = name

    def show(self, done, *, total=None, note="") -> None:
        self.shown.append((done, total, note))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def common() -> Common:
    return Common()


@pytest.fixture
def reporter(common, monkeypatch) -> Reporter:
    monkeypatch.setattr(reports, "Bar", Screen)
    return Reporter(common, write_events=False)


def progress(info_hash=ONE, **changes) -> events.Progress:
    facts = {
        "pieces_have": 1,
        "pieces_total": 4,
        "bytes_done": 1000,
        "bytes_total": 4000,
        "down_rate": 0,
        "up_rate": 0,
        "peers": 1,
    }
    return events.Progress(info_hash=info_hash, **{**facts, **changes})


def test_events_are_written_only_if_they_are_wanted(common, monkeypatch):
    monkeypatch.setattr(reports, "Bar", Screen)
    record = events.PieceDone(info_hash=ONE, index=3)
    Reporter(common, write_events=False).take("a", record)
    assert common.written == []
    Reporter(common, write_events=True).take("a", record)
    assert common.written == [record]


def test_a_warning_names_its_torrent(reporter, common):
    reporter.take("photos", events.Warning(info_hash=ONE, message="hash failed"))
    assert common.warnings == ["photos: hash failed"]


def test_the_bar_says_what_is_being_done(reporter):
    reporter.take("photos", events.Status(info_hash=ONE, status="checking"))
    assert reporter._bar.name == "checking photos"


def test_the_bar_shows_bytes_and_peers(reporter):
    reporter.take("photos", progress())
    assert reporter._bar.shown == [(1000, 4000, "1 peer")]


def test_the_bar_shows_rates_and_what_is_left(reporter):
    reporter.take("photos", progress(down_rate=100, up_rate=50, peers=2))
    [(_, _, note)] = reporter._bar.shown
    assert note.startswith("2 peers, ")
    assert "down, 30s left" in note
    assert note.endswith(" up")


def test_several_torrents_are_shown_together(reporter):
    reporter.take("a", progress(ONE))
    reporter.take("b", progress(TWO, bytes_done=500, bytes_total=1000, peers=3))
    reporter.take("a", progress(ONE, bytes_done=2000))
    assert reporter._bar.shown[-1] == (2500, 5000, "4 peers")


def test_an_unknown_total_is_not_shown_as_zero(reporter):
    reporter.take("a", progress(bytes_done=0, bytes_total=0))
    assert reporter._bar.shown == [(0, None, "1 peer")]


def test_the_bar_goes_away_at_the_end(reporter):
    with reporter:
        pass
    assert reporter._bar.closed


def test_every_kind_of_event_is_announced_in_the_schema():
    from raincore.documents import codec

    kinds = {
        codec.encode(r)["type"] for r in (progress(), events.PieceDone(info_hash=ONE, index=0))
    }
    assert kinds <= set(EVENTS)


# --- the document at the end --------------------------------------------------------------


def test_a_magnet_document_gains_what_the_metadata_says():
    info = sample(1, pieces=2).info
    link = magnet.parse(f"magnet:?xt=urn:btih:{info.info_hash.hex()}&tr=udp://t.example:1")
    document = TorrentDocument(info_hash=info.info_hash, extra={"x": 1})
    found = completed(Loaded(document, link, "stdin"), info, {})
    assert (found.name, found.total_length) == ("sample", info.total_length)
    assert [list(tier) for tier in found.trackers] == [["udp://t.example:1"]]
    assert found.extra == {"x": 1}


def test_a_document_of_a_torrent_file_stays_as_it_is():
    info = sample(1, pieces=2).info
    torrent = metainfo.from_info(info.raw)
    loaded = Loaded(documents.of_metainfo(torrent), torrent, "a.torrent")
    assert completed(loaded, info, {}) is loaded.document


def test_a_magnet_whose_metadata_never_came_stays_as_it_is():
    link = magnet.parse(f"magnet:?xt=urn:btih:{'1' * 40}")
    loaded = Loaded(TorrentDocument(info_hash=ONE), link, "stdin")
    assert completed(loaded, None, {}) is loaded.document
