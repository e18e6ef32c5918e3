"""Rows are written once for as long as they say the same, and never out of date."""

from dataclasses import fields, replace

import pytest

from raincore.documents.session_records import TorrentStatus, TorrentSummary
from raincore.rpc import rows as rows_module
from raincore.rpc import views
from raincore.rpc.rows import Rows
from raincore.wire import jsonrpc

ROW = TorrentSummary(id="a", name="n", info_hash="00" * 20, labels=("x",), revision=3)
OTHERWISE = {
    "id": "b",
    "name": "other",
    "info_hash": "11" * 20,
    "info_hash_v2": "22" * 32,
    "port": 1,
    "added_at": 1_772_359_200.0,
    "status": TorrentStatus.SEEDING,
    "error": "disk full",
    "labels": ("x", "y"),
    "completed_at": 1_772_359_200.0,
    "revision": 4,
}


@pytest.fixture
def written():
    """What was asked of the view."""
    return []


@pytest.fixture
def rows(written):
    def view(row):
        written.append(row)
        return views.summary(row)

    return Rows(view)


def test_the_same_row_is_written_once(rows, written):
    assert rows.of(ROW) == jsonrpc.written(views.summary(ROW))
    assert rows.of(ROW) is rows.of(replace(ROW))
    assert written == [ROW]


@pytest.mark.parametrize("field", [field.name for field in fields(TorrentSummary)])
def test_a_row_that_differs_in_any_field_is_written_anew(rows, field):
    rows.of(ROW)
    other = replace(ROW, **{field: OTHERWISE[field]})
    assert rows.of(other) == jsonrpc.written(views.summary(other)) != rows.of(ROW)


def test_rows_of_torrents_that_are_gone_are_forgotten_when_they_are_many(rows):
    for number in range(rows_module.SPARE + 20):
        rows.of(replace(ROW, id=str(number)))
        rows.weed(10)
    assert len(rows) == rows_module.SPARE + 20
    rows.of(replace(ROW, id="one more"))
    rows.weed(10)
    assert len(rows) == 0
