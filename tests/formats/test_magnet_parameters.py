"""Parameters of magnet links: numbers make tiers, and what is unknown stays as it is."""

from __future__ import annotations

import random

import pytest

from raincore.formats import magnet_parameters
from raincore.formats.magnet_parameters import Parameter, numbered, parse, tiers, unknown


def test_numbered_parameters_come_after_plain_ones_by_number():
    found = parse("TR.10=a&x.pe=b&amp;tr.2=c&x.pe.1=d&amp;amp;tr=%65&zz&1=x&=y&tr.x=z")
    assert found == [
        Parameter("x.pe", -1, "b"),
        Parameter("tr", -1, "%65"),
        Parameter("zz", -1, ""),
        Parameter("x.pe", 1, "d"),
        Parameter("tr", 2, "c"),
        Parameter("tr", 10, "a"),
    ]


@pytest.mark.parametrize(
    ("trackers", "expected"),
    [
        ([], ()),
        ([(-1, "a"), (-1, "b")], (("a",), ("b",))),
        ([(-1, "a"), (0, "b"), (0, "c"), (7, "d")], (("a",), ("b", "c"), ("d",))),
        ([(1, "a"), (1, ""), (1, "a"), (2, "a"), (2, "b")], (("a",), ("b",))),
    ],
)
def test_trackers_of_one_number_are_one_tier(trackers, expected):
    assert tiers(trackers) == expected


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ([], []),
        ([["a"], ["b"]], ["tr=a", "tr=b"]),
        ([["a"], ["b", "c"], ["d"]], ["tr=a", "tr.1=b", "tr.1=c", "tr.2=d"]),
    ],
)
def test_tiers_are_numbered_from_where_it_is_needed(given, spelled):
    assert numbered(given) == spelled
    read = parse("&".join(spelled))
    assert tiers((one.number, one.value) for one in read) == tuple(map(tuple, given))


@pytest.mark.parametrize(
    "part", ["kt=a+b", "kt=a%2Bb", "kt=a%2bb", "x.t=1%", "kt", "kt=", "mt=http://a/?b=c", "a;b=*"]
)
def test_what_is_unknown_goes_out_byte_for_byte(part):
    assert unknown(part, ()) == (part,)


@pytest.mark.parametrize(
    ("part", "spelled"),
    [
        ("amp;amp;kt=a", "kt=a"),
        ("kt=a b", "kt=a%20b"),
        ("kt='\"<>\x1b", "kt=%27%22%3C%3E%1B"),
        ("kt=\udcff\u00e9", "kt=%FF%C3%A9"),
    ],
)
def test_what_no_link_may_have_is_encoded_once(part, spelled):
    assert unknown(part, ()) == (spelled,)
    assert unknown(spelled, ()) == (spelled,)


@pytest.mark.parametrize("part", ["", "=x", "%20=x", "tr=a", "%74r=a", "xt=urn:btih:x", "tr.7=a"])
def test_what_is_known_or_nothing_is_left_out(part):
    assert unknown(part, ["urn:sha1:X"]) == ()


def test_topics_of_other_networks_are_kept():
    assert unknown("xt.3=urn%3Asha1:X&kt=1&xt=urn:y", ["urn:sha1:X"]) == (
        "xt.3=urn%3Asha1:X",
        "kt=1",
    )


def test_random_text_is_spelled_once_and_for_all(seed):
    rng = random.Random(seed)
    for _ in range(2000):
        query = "".join(rng.choices("kta=&;%+'\" \xe9\udcffamp;", k=rng.randrange(20)))
        found = unknown(query, ())
        assert unknown("&".join(found), ()) == found
        assert magnet_parameters.unquoted("".join(found)).isascii() or found
