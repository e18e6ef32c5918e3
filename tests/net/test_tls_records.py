import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from raincore.net.tls_records import TlsRecords
from tests.net.far_end import FakeStream

ONE = b"\x17\x03\x03\x00\x03one"
LONG = b"\x17\x03\x03\x01\x00" + bytes(256)
EMPTY = b"\x17\x03\x03\x00\x00"


class PortionedStream(FakeStream):
    """One whose bytes come in portions."""

    def __init__(self, *portions: bytes) -> None:
        super().__init__()
        self.portions = list(portions)

    async def wait_readable(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.portions:
            self.arrived += self.portions.pop(0)
        else:
            self.ended = True


async def reads(records: TlsRecords) -> list[bytes]:
    found = []
    while data := await records.receive_some():
        found.append(data)
    return found


async def test_records_that_come_together_are_given_one_by_one() -> None:
    records = TlsRecords(PortionedStream(ONE + LONG + EMPTY + ONE[:6], ONE[6:] + ONE))
    assert not records.has_more
    assert await records.receive_some() == ONE
    assert records.has_more
    assert await reads(records) == [LONG, EMPTY, ONE[:6], ONE[6:], ONE]
    assert not records.has_more
    assert await records.receive_some() == b""


@given(st.data())
def test_every_byte_is_given_and_none_beyond_a_record(data: st.DataObject) -> None:
    said = b"".join(data.draw(st.lists(st.sampled_from([ONE, LONG, EMPTY]), max_size=6)))
    said += data.draw(st.binary(max_size=9))  # cut off, or no TLS at all
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=6)))
    portions = [said[a:b] for a, b in zip([0, *cuts], [*cuts, len(said)], strict=True)]
    records = TlsRecords(PortionedStream(*(part for part in portions if part)))
    found = trio.run(reads, records)
    assert b"".join(found) == said
    assert not records.has_more


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x17\x03", b""])
async def test_what_is_no_record_is_passed_on(said: bytes) -> None:
    assert b"".join(await reads(TlsRecords(PortionedStream(said)))) == said
