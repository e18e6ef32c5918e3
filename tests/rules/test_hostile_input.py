"""Whatever is read from strangers decodes or raises the one format error, in bounded steps.

A new parser is one line in PARSERS: each gets every truncation and every change of one byte
of its seeds, and random damage.
"""

import base64
import gzip
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from raincore.base import endpoint, units
from raincore.base.errors import FormatError
from raincore.documents import codec, items, registry, source
from raincore.formats import (
    bencoding,
    blocklist_text,
    dht_state,
    info,
    lenient_bencode,
    magnet,
    metainfo,
)
from raincore.session import move_record
from raincore.wire import jsonrpc
from raincore.wire.multipart import Multipart
from raintools._kit import date_params, lines, params
from tests.documents import samples
from tests.formats import damage
from tests.formats.test_dht_state import saved

GOLDEN = Path(__file__).resolve().parents[1] / "documents" / "golden"
HASH = "0a" * 20
LINK = f"magnet:?xt=urn:btih:{HASH}&dn=a+b&tr=udp%3A%2F%2Ft.example&x.pe=h:1&so=0,2-4&xl=9"
MILLION = 150_000_000  # what a million indices take, the most that a range may name
LAYERED = samples.torrent(samples.info_layered(), **{"piece layers": samples.LAYERS})
INFOS = [bencoding.encode(make()) for make in (samples.info_v1, samples.info_hybrid)]


@dataclass(frozen=True)
class Parser:
    """What reads text or bytes of strangers, and small inputs that it accepts."""

    parse: Callable[[Any], object]
    seeds: list[bytes]
    is_text: bool = False
    memory: int = 20_000_000  # bytes beyond what is in proportion to the input

    def __call__(self, data: bytes) -> object:
        return self.parse(data.decode("utf-8", "surrogateescape") if self.is_text else data)


def line_of(**facts: Any) -> bytes:
    return json.dumps({"type": "torrent", "v": 1, **facts}, ensure_ascii=False).encode() + b"\n"


def read_line(line: bytes) -> object:
    """A line of JSON as an input: parsed, and the torrent found that it speaks of."""
    parsed = lines.parse_line(line)
    if isinstance(parsed, lines.Foreign):
        return parsed
    return source.find(parsed, lambda path: samples.full())


def read_item(line: bytes) -> object:
    """A line of JSON as an item of the DHT, and its bytes again."""
    value = lines.parse_json(line)
    if not isinstance(value, dict) or value.get("type") != "item":
        raise FormatError("no item")
    registry.validate(value)
    return items.encode(items.decode(value))


ITEM = (GOLDEN / "item-1.json").read_bytes()
PLAIN_ITEM = json.dumps(
    {"type": "item", "v": 1, "target": HASH, "value": {"a": [1, {"hex": "ff"}], "hex:ff": "ü"}}
).encode()
CALL = b'{"jsonrpc":"2.0","method":"Session.Version","params":{"ID":"x"},"id":0}'
FORM = b'--b\r\nContent-Disposition: form-data; name="id"\r\n\r\none\r\n--b--\r\n'
MOVED = json.dumps(
    {
        "Info": base64.b64encode(INFOS[0]).decode(),
        "Trackers": [["http://t.example/"]],
        "URLList": ["http://w.example/"],
        "Name": "x",
        "Started": True,
        "Bitfield": "/w==",
    }
).encode()
FULL = (GOLDEN / "torrent-1.json").read_bytes()
METAINFO = json.loads(FULL)["metainfo"]
BLOCKLISTS = [
    b"# list\nname:1.2.3.4-1.2.3.9\nother: name:2001:db8::1-2001:db8::9\n",
    b"001.002.003.004 - 001.002.003.009 , 000 , name\n10.0.0.0/8 # x\n1.2.3.4\n",
    gzip.compress(b"10.0.0.0/8\n2001:db8::/32\n"),
]
PARSERS = {
    "bencode": Parser(bencoding.decode, [samples.full(), b"li-1ed0:leee"]),
    "bencode with spans": Parser(bencoding.decode_with_spans, [samples.full()]),
    "bencode of files": Parser(lenient_bencode.decode, [samples.full() * 2, b"d0:le0:d0:0:0:0:ee"]),
    "info": Parser(info.parse, INFOS),
    "metainfo": Parser(metainfo.parse, [samples.full(), LAYERED]),
    "blocklist": Parser(lambda data: blocklist_text.parse([data]), BLOCKLISTS),
    "magnet": Parser(magnet.parse, [LINK.encode()], is_text=True, memory=MILLION),
    "document": Parser(
        lines.parse_line,
        [
            line_of(name="ü", files=[{"path": "a", "length": 1}], select=[0], peers=["h:1"]),
            line_of(creation_date="2017-07-14T02:40:00Z", metainfo="ZGU=", x=[1.5, None, {}]),
            json.dumps(json.loads(FULL)).encode(),
        ],
    ),
    "document to torrent": Parser(
        read_line,
        [
            line_of(magnet=LINK),
            line_of(path="/a.torrent", x_note=[1]),
            line_of(info_hash=HASH, peers=["[::1]:2"], trackers=[["http://t.example"]]),
        ],
    ),
    "DHT nodes of the last run": Parser(
        dht_state.decode, [dht_state.encode({4: saved(4, 2), 6: saved(6, 1)})]
    ),
    "item": Parser(read_item, [json.dumps(json.loads(ITEM)).encode(), PLAIN_ITEM]),
    "calls": Parser(jsonrpc.parse, [CALL, b"[" + CALL + b",7]"]),
    "form": Parser(lambda data: Multipart(b"b").feed(data), [FORM, FORM.replace(b"id", b"data")]),
    "torrent that is moved": Parser(move_record.decode, [MOVED]),
    "size": Parser(units.parse_size, [b"1.5 MiB", b"16KiB", b"0"], is_text=True),
    "rate": Parser(units.parse_rate, [b"1.5MB", b"100"], is_text=True),
    "duration": Parser(units.parse_duration, [b"1h", b"2.5m", b"30"], is_text=True),
    "address": Parser(
        endpoint.canonical_address, [b"h.example:1", b"[2001:db8::1]:6881"], is_text=True
    ),
    "time": Parser(
        codec.seconds, [b"2017-07-14T02:40:00Z", b"2017-07-14T02:40:00.25+02:00"], is_text=True
    ),
    "date": Parser(date_params.DateType.parse, [b"2026-11-24", b"@1500000000"], is_text=True),
    "indices": Parser(params.Indices.parse, [b"0,3-5", b"7"], is_text=True, memory=MILLION),
    "ratio": Parser(params.Ratio.parse, [b"1.5", b"2"], is_text=True),
}
each_parser = pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS.keys())


def every_damage(seeds: list[bytes], seed: int) -> Iterator[bytes]:
    for data in seeds:
        yield from damage.truncations(data)
        if len(data) < 2000:
            yield from damage.single_byte_changes(data)
    yield from damage.mutations(seeds, 500, seed)


@each_parser
def test_the_seeds_are_accepted(parser: Parser) -> None:
    for data in parser.seeds:
        parser(data)


@each_parser
def test_damage_decodes_or_raises_the_one_error(parser: Parser, seed: int) -> None:
    messages = set()
    for damaged in every_damage(parser.seeds, seed):
        try:
            parser(damaged)
        except FormatError as error:
            messages.add(str(error))
    assert messages
    assert [text for text in messages if not text.isprintable()] == []


NASTY = {
    "lists in lists": b"l" * 50_000,
    "dictionaries in dictionaries": b"d1:a" * 15_000,
    "empty lists": b"l" + b"le" * 25_000 + b"e",
    "many small keys": b"d" + b"".join(b"5:%05di0e" % n for n in range(5000)) + b"e",
    "a long string that is not there": b"9999999999:" + b"x" * 50_000,
    "a long number": b"i" + b"9" * 50_000 + b"e",
    "digits": b"9" * 50_000,
    "JSON in JSON": b'{"type":"torrent","x":' + b"[" * 50_000,
    "JSON keys": b'{"type":"torrent",' + b'"a":1,' * 8000 + b'"b":1}',
    "JSON number": b'{"type":"torrent","x":' + b"9" * 50_000 + b"}",
    "parameters": b"magnet:?" + b"tr=a&" * 10_000,
    "hashes": b"magnet:?" + b"xt=urn:btih:%s&" % (b"a" * 40) * 900,
    "percents": b"magnet:?xt=" + b"%25" * 16_000,
    "ranges": b"0-999999," * 5000,
    "files of a link": LINK.encode() + b",9-99999" * 5000,
    "more files of a link": LINK.encode() + b"&so=0-999999" * 4000,
    "colons": b":" * 50_000,
    "brackets": b"[" * 50_000,
    "dashes": b"2017-" * 10_000,
    "spaces": b" " * 50_000,
    "points": b"1." * 25_000,
    "zeros": bytes(50_000),
    "not UTF-8": b"\xff" * 50_000,
}


@each_parser
@pytest.mark.parametrize("data", NASTY.values(), ids=NASTY.keys())
def test_nothing_costs_more_than_its_length(parser: Parser, data: bytes) -> None:
    """Calls and memory stay in proportion to what came in; both are counted, not timed."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += 1

    tracemalloc.start()
    sys.setprofile(count)
    try:
        parser(data)
    except FormatError:
        pass
    finally:
        sys.setprofile(None)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert calls < 20 * len(data) + 20_000
    assert peak < 100 * len(data) + parser.memory
