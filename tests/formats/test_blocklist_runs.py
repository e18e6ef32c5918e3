"""Runs of lines give what the same lines give one at a time, or are left to that."""

import random

import pytest

from raincore.base.errors import FormatError
from raincore.formats import blocklist_lines
from raincore.formats.blocklist import pack_v4
from raincore.formats.blocklist_runs import RunReader


def plain(run: bytes) -> list[int] | None:
    """What `blocklist_lines` makes of the run; None if a line blocks nothing, or is bad."""
    found = []
    for line in run.splitlines():
        try:
            span = blocklist_lines.read(line)
        except FormatError:
            return None
        if span is None or span.family != 4:
            return None
        found.append(pack_v4(span.first, span.last))
    return found


def run(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


USUAL = {
    "P2P": run("A name:1.2.3.4-1.2.3.9", "Other: one:0.0.0.0-255.255.255.255"),
    "ranges": run("1.2.3.4-1.2.3.9", "10.0.0.0 - 10.0.0.0", "0.0.0.0-0.0.0.0"),
    "DAT": run(
        "001.002.003.004 - 001.002.003.009 , 000 , name",
        "000.000.000.000 - 255.255.255.255 , 127 , n:9.9.9.9-9.9.9.9",
        "199.099.009.010 - 200.100.010.001 , 099 ,",
    ),
    "short DAT": run("1.2.3.4 - 1.2.3.9 , 0 , name", "10.2.3.4 - 11.2.3.9,100,name"),
    "networks": run("1.2.3.4/8", "10.0.0.0/24 # why", "255.255.255.255/32", "1.2.3.4/0 ; x"),
    "addresses": run("1.2.3.4", "255.255.255.255", "0.0.0.0"),
    "both": run("1.2.3.4", "10.0.0.0/24", "1.2.3.5"),
}


@pytest.mark.parametrize("lines", USUAL.values(), ids=USUAL.keys())
def test_usual_notations_are_read_in_runs(lines):
    ranges, count = RunReader().read(lines)
    assert ranges is not None
    assert list(ranges) == plain(lines)
    assert count == lines.count(b"\n")


UNUSUAL = [
    run("A name:1.2.3.4-1.2.3.256"),
    run("A name:1.2.3.9-1.2.3.4"),
    run("# comment:1.2.3.4-1.2.3.9"),
    run("001.002.003.004 - 001.002.003.256 , 000 , x"),
    run("001.002.003.004 - 301.002.003.004 , 000 , x"),
    run("001.002.003.004 - 001.002.003.004 , 128 , x"),
    run("001.002.003.004 - 256.002.003.004 , 000 , x"),
    run("1.2.3.4/33"),
    run("1.2.3.04/24"),
    run("1.2.3.4/08"),
    run("256.2.3.4"),
    run("1.2.3.4", "2001:db8::1"),
    run(""),
]


@pytest.mark.parametrize("lines", UNUSUAL)
def test_anything_else_is_left_to_the_reader_of_lines(lines):
    assert RunReader().read(lines)[0] is None


def test_how_many_lines_look_alike_is_said():
    lines = run("1.2.3.4", "x", "1.2.3.5", "1.2.3.6")
    assert RunReader().read(lines) == (None, 3)


def test_a_reader_follows_when_the_notation_changes():
    reader = RunReader()
    for lines in (*USUAL.values(), *UNUSUAL, *USUAL.values()):
        expected = plain(lines)
        found = reader.read(lines)[0]
        assert found is None or list(found) == expected


def test_random_runs_give_what_their_lines_give(seed):
    rng = random.Random(seed)
    valid = ("0", "9", "10", "255", "001", "099", "12", "200")

    def host(padded: bool) -> str:
        octets = [rng.choice(valid) for _ in range(4)]
        if rng.random() < 0.1:
            octets[rng.randrange(4)] = rng.choice(("256", "300", "999", "x"))
        return ".".join(octet.zfill(3) if padded else octet.lstrip("0") or "0" for octet in octets)

    makers = [
        lambda: f"name:{host(False)}-{host(False)}",
        lambda: f"{host(True)} - {host(True)} , {rng.choice((0, 127, 128, '010'))} , name",
        lambda: f"{host(False)}/{rng.randrange(35)}",
        lambda: host(False),
    ]
    read = 0
    for _ in range(2000):
        maker = rng.choice(makers)
        lines = run(*(maker() for _ in range(rng.randrange(1, 4))))
        found = RunReader().read(lines)[0]
        if found is not None:
            assert list(found) == plain(lines), lines
            read += 1
    assert read > 100
