"""Magnet links: vectors, every refusal with its parameter, round trips, damage."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from raincore.base.errors import MagnetError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.formats import bencoding, magnet, metainfo
from raincore.formats.magnet import Magnet
from tests.formats import damage, samples

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0009_magnet.json").read_text())
V1 = InfoHash(bytes(range(20)))
V2 = InfoHashV2(bytes(range(32)))
BTIH = f"magnet:?xt=urn:btih:{V1.hex()}"


def expected(facts):
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in facts.items()}
    if "info_hash" in values:
        values["info_hash"] = InfoHash.from_hex(values["info_hash"])
    if "info_hash_v2" in values:
        values["info_hash_v2"] = InfoHashV2.from_hex(values["info_hash_v2"])
    values["trackers"] = tuple((url,) for url in values.get("trackers", ()))
    return Magnet(**values)


@pytest.mark.parametrize("case", VECTORS["links"], ids=lambda case: case["name"])
def test_links_are_read(case):
    found = magnet.parse(case["link"])
    assert found == expected(case["magnet"])
    assert magnet.parse(magnet.encode(found)) == found


def test_the_swarm_is_known_by_the_v1_hash_first():
    assert Magnet(info_hash=V1, info_hash_v2=V2).swarm_hash == V1
    assert Magnet(info_hash_v2=V2).swarm_hash == V2[:20]


@pytest.mark.parametrize(
    "link",
    [
        f"  {BTIH}\n",
        BTIH.replace("magnet:?xt", "MAGNET:?XT").replace("urn:btih", "URN:BTIH"),
        BTIH.replace(":", "%3A").replace("magnet%3A", "magnet:"),
        f"magnet:?dn=&xt=&xt.1=urn:btih:{V1.hex()}",
        f"{BTIH}&xt=urn:btih:{V1.hex().upper()}",
        f"{BTIH}&&=&=x&so=&tr=&x.pe=&xl=&xl.2=",
    ],
)
def test_a_link_may_be_written_in_many_ways(link):
    assert magnet.parse(link) == Magnet(info_hash=V1)


def test_unknown_parameters_are_kept_in_their_order():
    rest = "x.foo=1&kt=a+b%26&kt=%ff&bar&xt.9=urn:sha1:X&%C3%A4=1"
    found = magnet.parse(f"{BTIH}&{rest}")
    assert found.unknown == tuple(rest.split("&"))
    assert magnet.encode(found) == f"{BTIH}&{rest}"


@pytest.mark.parametrize("name", ["%78t", "t%72", "amp;%74r.1", "x%2Epe", "s%6F"])
def test_a_known_parameter_in_disguise_is_nothing(name):
    found = magnet.parse(f"{BTIH}&{name}=urn:btih:{'ff' * 20}")
    assert found == Magnet(info_hash=V1)


def test_numbered_trackers_come_after_plain_ones_by_number():
    link = f"{BTIH}&tr.10=d&tr.2=c&tr=a&tr.2=C&tr=b&tr=a"
    assert magnet.parse(link).trackers == (("a",), ("b",), ("c", "C"), ("d",))


def test_a_link_copied_out_of_html_keeps_its_parameters():
    assert magnet.parse(f"{BTIH}&amp;tr=a&amp;dn=b") == Magnet(
        info_hash=V1, name="b", trackers=(("a",),)
    )


def test_plus_is_a_space_in_names_only():
    found = magnet.parse(f"{BTIH}&dn=a+b%2Bc&tr=http://t/a+b")
    assert found.name == "a b+c"
    assert found.trackers == (("http://t/a+b",),)


def test_the_first_name_that_says_something_counts():
    assert magnet.parse(f"{BTIH}&dn=&dn=a&dn=b").name == "a"


def test_bytes_that_are_not_utf8_survive():
    assert magnet.parse(f"{BTIH}&dn=a\udcff").name == "a\udcff"
    assert magnet.parse(f"{BTIH}&dn=a\ud800").name == "a�"
    found = magnet.parse(f"{BTIH}&dn=%ff")
    assert found.name == "\udcff"
    assert magnet.encode(found) == f"{BTIH}&dn=%FF"


def test_sources_are_collected():
    link = f"{BTIH}&as=http%3A%2F%2Fb&xs=http%3A%2F%2Fa"
    assert magnet.parse(link).sources == ("http://a", "http://b")


def test_length_is_read():
    assert magnet.parse(f"{BTIH}&xl=9223372036854775807").length == 2**63 - 1
    assert magnet.parse(f"{BTIH}&xl=0").length == 0
    assert magnet.parse(f"{BTIH}&xl=7&xl=07").length == 7


@pytest.mark.parametrize(
    ("text", "select"),
    [
        ("0", (0,)),
        ("3,1,2-4,1", (1, 2, 3, 4)),
        ("0%2C2", (0, 2)),
        (" 1 ,, 2", (1, 2)),
        ("7-7", (7,)),
        ("0-999999", tuple(range(1_000_000))),
    ],
)
def test_selected_files_are_indices_and_ranges(text, select):
    assert magnet.parse(f"{BTIH}&so={text}").select == select


@pytest.mark.parametrize(
    ("peer", "message"),
    [
        ("192.0.2.1", "no port"),
        ("192.0.2.1:0", "port must be 1 to 65535"),
        ("192.0.2.256:1", "not an IP address"),
        ("host:65536", "port must be 1 to 65535"),
        ("host:x", "port must be 1 to 65535"),
        ("2001:db8::1:6881", "needs brackets"),
        ("%1b[2J:1", "not an IP address: '�"),
    ],
)
def test_a_peer_that_is_no_address_is_left_out_and_the_others_stay(peer, message):
    link = magnet.parse(f"{BTIH}&x.pe={peer}&x.pe=192.0.2.1:7&x.pe={peer}")
    assert link.peers == ("192.0.2.1:7",)
    assert len(link.unusable) == 1
    assert message in link.unusable[0]
    assert magnet.parse(f"{BTIH}&x.pe={peer}").peers == ()


def test_what_was_left_out_does_not_come_back():
    link = magnet.parse(f"{BTIH}&x.pe=host&x.pe=h:1")
    assert magnet.encode(link) == f"{BTIH}&x.pe=h:1"


REFUSED = [
    ("", "", "not a magnet link"),
    ("http://a/?xt=urn:btih:x", "", "not a magnet link"),
    ("magnet:xt=urn:btih:x", "", "not a magnet link"),
    (BTIH + "&dn=" + "x" * magnet.MAX_LENGTH, "", "longer than 1048576"),
    ("magnet:?", "xt", "is missing"),
    ("magnet:?dn=x", "xt", "is missing"),
    ("magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C", "xt", "names no torrent"),
    (BTIH[:-1], "xt", "takes 40 hex digits, or 32 characters of base32, not 39"),
    ("magnet:?xt=urn:btmh:1220" + V1.hex(), "xt", "64 hex digits, not 40"),
    (f"{BTIH}&xt=urn:btih:{bytes(20).hex()}", "xt", "two different torrents"),
    (
        f"magnet:?xt=urn:btmh:1220{V2.hex()}&xt=urn:btmh:1220{bytes(32).hex()}",
        "xt",
        "two different",
    ),
    (BTIH + "&so=x", "so", "not an index"),
    (BTIH + "&so=-1", "so", "not an index"),
    (BTIH + "&so=1-", "so", "not an index"),
    (BTIH + "&so=3-1", "so", "runs backwards"),
    (BTIH + "&so=0-1000000", "so", "selects more than 1,000,000 files"),
    (BTIH + "&so=0-999998,2000000-2000001", "so", "selects more than"),
    (BTIH + "&so=0-9999999999", "so", "selects more than"),
    (BTIH + "&xl=-1", "xl", "not a number of bytes"),
    (BTIH + "&xl=x", "xl", "not a number of bytes"),
    (BTIH + "&xl=1&xl.1=2", "xl", "says two different lengths: 1 and 2"),
    (BTIH + "&xl=9223372036854775808", "xl", "not a number of bytes"),
]


@pytest.mark.parametrize(("link", "where", "message"), REFUSED, ids=lambda value: str(value)[-40:])
def test_a_link_that_cannot_be_followed_names_the_parameter(link, where, message):
    with pytest.raises(MagnetError) as caught:
        magnet.parse(link)
    assert message in str(caught.value)
    assert caught.value.where == where


def test_a_link_is_written_in_one_way():
    found = Magnet(
        info_hash=V1,
        info_hash_v2=V2,
        name="a&b é",
        trackers=(("http://t/?a=1&b=2",), ("u", "v"), ("w",)),
        webseeds=("http://w/",),
        peers=("[2001:db8::1]:1", "host:2"),
        select=(4, 0, 1, 2, 4),
        length=5,
        sources=("http://s/",),
    )
    link = magnet.encode(found)
    assert link == (
        f"magnet:?xt=urn:btih:{V1.hex()}&xt=urn:btmh:1220{V2.hex()}&dn=a%26b%20%C3%A9&xl=5"
        "&tr=http%3A%2F%2Ft%2F%3Fa%3D1%26b%3D2&tr.1=u&tr.1=v&tr.2=w&ws=http%3A%2F%2Fw%2F&xs=http%3A%2F%2Fs%2F"
        "&x.pe=[2001:db8::1]:1&x.pe=host:2&so=0-2,4"
    )


def test_hints_that_do_not_fit_are_left_out():
    urls = tuple((f"http://{n}.example/",) for n in range(100_000))
    link = magnet.encode(Magnet(info_hash=V1, name="é" * 10**6, trackers=urls, select=(3, 5)))
    assert magnet.MAX_LENGTH - 50 < len(link) <= magnet.MAX_LENGTH
    found = magnet.parse(link)
    assert (found.name, found.select) == (None, (3, 5))
    assert found.trackers == urls[: len(found.trackers)]


def test_a_link_may_be_as_long_as_can_be_read():
    link = magnet.encode(Magnet(info_hash=V1))
    name = "a" * (magnet.MAX_LENGTH - len(link) - len("&dn="))
    assert len(magnet.encode(Magnet(info_hash=V1, name=name))) == magnet.MAX_LENGTH
    assert magnet.encode(Magnet(info_hash=V1, name=name + "a")) == link


def test_a_selection_that_does_not_fit_is_an_error():
    with pytest.raises(MagnetError, match="so: selects too many"):
        magnet.encode(Magnet(info_hash=V1, select=tuple(range(0, 400_000, 2))))


def test_random_magnets_round_trip(seed):
    rng = random.Random(seed)
    alphabet = "ab &=+%#?/:[]é日\udcff\x1b'\"<>"

    def word():
        return "x" + "".join(rng.choices(alphabet, k=rng.randrange(8))) + "x"

    for _ in range(300):
        found = Magnet(
            info_hash=V1 if rng.random() < 0.8 else None,
            info_hash_v2=V2,
            name=word() if rng.random() < 0.5 else None,
            trackers=tuple(
                (word() + str(n), word() + f"{n}b")[: rng.randint(1, 2)]
                for n in range(rng.randrange(4))
            ),
            webseeds=tuple(dict.fromkeys(word() for _ in range(rng.randrange(3)))),
            select=tuple(sorted(rng.sample(range(20), rng.randrange(20)))),
            length=rng.choice([None, 0, 2**40]),
        )
        assert magnet.parse(magnet.encode(found)) == found


def torrent(**outside):
    info = samples.v1_multi(name=b"d\xff")
    return metainfo.parse(bencoding.encode({"info": info, **outside}))


def test_a_torrent_has_a_magnet():
    of_torrent = torrent(**{"announce-list": [["a", "b"], ["c"]], "url-list": "w"})
    found = magnet.of(of_torrent, peers=["host:1"], select=[3, 1, 3])
    assert found == Magnet(
        info_hash=of_torrent.info.info_hash,
        name="d\udcff",
        trackers=(("a",), ("b",), ("c",)),
        webseeds=("w",),
        peers=("host:1",),
        select=(1, 3),
        length=25,
    )
    assert magnet.parse(magnet.encode(found)) == found


def test_trackers_may_be_left_out():
    assert magnet.of(torrent(announce="a"), trackers=False).trackers == ()


def test_damage_is_refused_or_harmless(seed):
    link = f"{BTIH}&dn=a%20b&tr=http%3A%2F%2Fa&x.pe=192.0.2.1:6881&x.pe=h:1&so=0,2-3&xl=5".encode()
    every = [
        *damage.truncations(link),
        *damage.single_byte_changes(link),
        *damage.mutations([link], 1000, seed),
    ]
    for damaged in every:
        try:
            found = magnet.parse(damaged.decode("latin-1"))
        except MagnetError:
            continue
        assert magnet.parse(magnet.encode(found)) == replace(found, unusable=())
