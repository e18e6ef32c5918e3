"""What was verified is a row that is written when it changes."""

import json

from raincore.session.torrent_memory import TorrentMemory
from raincore.storage.resume_record import ResumeRecord, encode

RECORD = ResumeRecord("ab" * 20, "/d", ((5, 17), None), b"\xc0")

ROW = json.loads(json.dumps(encode(RECORD)))


class Rows(dict):
    """Stands for the ledger."""

    def put(self, key: str, value: object) -> None:
        self[key] = value


def test_a_record_is_found_again_and_written_once():
    rows = Rows()
    memory = TorrentMemory("a", rows)
    assert memory.load(RECORD.info_hash, "/d") == (None, "")
    memory.save(RECORD)
    assert rows.pop("resume:a") == encode(RECORD)
    memory.save(RECORD)
    assert not rows
    assert memory.load(RECORD.info_hash, "/d") == (RECORD, "")
    assert TorrentMemory("a", rows, ROW).load(RECORD.info_hash, "/d")[0] == RECORD
    memory.save_info("", b"")
    memory.save_layer(b"", b"")
    assert not rows


def test_another_place_knows_nothing():
    memory = TorrentMemory("a", Rows(), ROW)
    assert memory.load(RECORD.info_hash, "/elsewhere") == (None, "")


def test_a_damaged_row_is_told():
    record, why = TorrentMemory("a", Rows(), 5).load(RECORD.info_hash, "/d")
    assert record is None
    assert "damaged" in why


def test_what_is_forgotten_is_deleted():
    rows = Rows()
    memory = TorrentMemory("a", rows, ROW)
    memory.forget()
    assert rows == {"resume:a": None}
    assert memory.load(RECORD.info_hash, "/d") == (None, "")
