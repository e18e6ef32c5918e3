"""The texts that rain's own client prints, to the letter."""

import pytest

from raintools.ctl import text_forms
from tests.rpc import go_server

STATS = go_server.stats_of({"Name": "sample", "InfoHash": "", "Port": 1, "status": "Downloading"})


def test_a_torrent_in_ten_lines():
    assert text_forms.torrent_stats(STATS).split("\n") == [
        "Name: sample",
        "Private: false",
        "Status: Downloading",
        "Progress: 3%",
        "Ratio: 0.25",
        "Size: 10 MiB",
        "Peers: 1 in / 2 out",
        "Download speed:    20 KiB/s",
        "Upload speed:       1 KiB/s",
        "ETA: 8m15s",
    ]


def test_a_session_in_nine_lines():
    stats = {**go_server.SESSION_STATS, "Uptime": 3725, "BlockListRecency": 60, "SpeedRead": 4096}
    assert text_forms.session_stats(stats).split("\n") == [
        "Torrents: 0, Peers: 0, Uptime: 1h2m5s",
        "BlocklistRules: 0, Updated: 1m0s ago",
        "Reads: 0/s, 4KB/s, Active: 0, Pending: 0",
        "Writes: 0/s, 0KB/s, Active: 0, Pending: 0",
        "ReadCache Objects: 0, Size: 0MB, Utilization: 0%",
        "WriteCache Objects: 0, Size: 0MB, PendingKeys: 0",
        "DownloadSpeed: 0KB/s, UploadSpeed: 0KB/s",
        "BytesDownloaded: 0MB, BytesUploaded: 0MB",
        "BytesRead: 0MB, BytesWritten: 0MB",
    ]


def test_a_blocklist_that_never_was():
    assert "Updated: never" in text_forms.session_stats({"BlockListRecency": -1})


@pytest.mark.parametrize(
    ("status", "percent"), [("Verifying", 50), ("Allocating", 25), ("Downloading", 75)]
)
def test_progress_is_of_what_is_going_on(status, percent):
    pieces = {"Checked": 2, "Have": 3, "Total": 4}
    stats = {"Status": status, "Pieces": pieces, "Bytes": {"Allocated": 10, "Total": 40}}
    assert text_forms.progress(stats) == percent


def test_nothing_is_divided_by_nothing():
    assert (text_forms.progress({}), text_forms.ratio({}), text_forms.eta({"ETA": -1})) == (
        0,
        0,
        "",
    )


def test_why_it_stopped_is_part_of_the_status():
    assert text_forms.status({"Status": "Stopped", "Error": "disk full"}) == "Stopped: disk full"
    assert text_forms.status({"Status": "Seeding", "Error": "old"}) == "Seeding"


@pytest.mark.parametrize(
    ("length", "text"), [(1023, "1023 bytes"), (1024, "1 KiB"), (5 << 20, "5 MiB")]
)
def test_sizes_are_cut_to_whole_units(length, text):
    assert text_forms.size(length) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m0s"), (7200, "2h0m0s"), (-1, "-1s")]
)
def test_durations_are_written_as_go_does(seconds, text):
    assert text_forms.duration(seconds) == text
