"""The members of a tar archive, one after the other, as unpacking would make them."""

import io
import tarfile
from random import Random

import pytest

from raincore.base.errors import FormatError
from raincore.storage import tar_members
from raincore.storage.tar_members import Extent, Kind, Member, members
from tests.storage import archives
from tests.storage.archives import archive, opened


def listed(data):
    return list(members(opened(data)))


def test_members_come_in_order_with_what_they_are():
    data = archive(
        "photos",
        ("photos/run", {"data": b"12345", "mode": 0o755}),
        ("photos/empty", b""),
        ("photos/soft", archives.symlink("../x")),
        ("photos/hard", archives.link("photos/run")),
        ("photos/pipe", {"type": tarfile.FIFOTYPE}),
        ("photos/disk", {"type": tarfile.BLKTYPE}),
    )
    assert listed(data) == [
        Member((b"photos",), Kind.DIRECTORY),
        Member((b"photos", b"run"), Kind.FILE, 5, (Extent(0, 5, 1024),), True),
        Member((b"photos", b"empty"), Kind.FILE),
        Member((b"photos", b"soft"), Kind.SYMLINK, target=(b"../x",)),
        Member((b"photos", b"hard"), Kind.HARD_LINK, target=(b"photos", b"run")),
        Member((b"photos", b"pipe"), Kind.OTHER),
        Member((b"photos", b"disk"), Kind.OTHER),
    ]


def test_what_is_read_between_members_is_theirs():
    data = archive(("a", b"one"), ("b", archives.content(2000)), ("c", b"three"))
    given = opened(data)
    found = []
    for member in members(given):
        view = memoryview(bytearray(member.size))
        if member.path != (b"b",):  # that one is passed over
            given.read_at(member.extents[0].place, view)
            found.append(bytes(view))
    assert found == [b"one", b"three"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./photos//a", (b"photos", b"a")),
        ("/etc/passwd", (b"etc", b"passwd")),
        ("./", ()),
        ("\udcff\udcfe", (b"\xff\xfe",)),
        ("d/" + "n" * 255, (b"d", b"n" * 255)),
    ],
)
@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_are_taken_as_unpacking_takes_them(name, path, format):
    [member] = listed(archive((name, b"x" if path else {"type": tarfile.DIRTYPE}), format=format))
    assert member.path == path


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a/..", "n" * 256, "a/" * 200 + "b"])
def test_names_that_lead_out_or_that_no_file_can_have_are_refused(name):
    with pytest.raises(FormatError, match=r"\.\.|no file can have|too many directories"):
        listed(archive((name, b"x")))
    with pytest.raises(FormatError, match=r"\.\.|no file can have|too many directories"):
        listed(archive(("a", b"x"), ("b", archives.link(name))))


def test_a_name_with_a_nul_is_refused():
    with pytest.raises(FormatError, match="no file can have"):
        listed(archive(("n" * 101 + "\0x", b"x"), format=tarfile.PAX_FORMAT))


def sparse(map_text, size, data):
    headers = {"GNU.sparse.map": map_text, "GNU.sparse.size": str(size)}
    return ("s", {"data": data, "pax_headers": headers})


def test_holes_are_what_lies_between_extents():
    data = archive(sparse("512,3,1000,2", 2000, b"abcde"), format=tarfile.PAX_FORMAT)
    [member] = listed(data)
    start = data.index(b"abcde")
    assert member.extents == (Extent(512, 3, start), Extent(1000, 2, start + 3))
    assert member.size == 2000


def test_a_file_with_holes_has_its_own_name_not_that_of_its_packed_form():
    packed = b"1\n1000\n5\n".ljust(512, b"\0") + b"abcde"
    headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "d/s\udcff",
        "GNU.sparse.realsize": "2000",
        "path": "d/GNUSparseFile.7/s\udcff",  # GNU tar writes it last
    }
    data = archive(
        ("x", {"data": packed, "pax_headers": headers}), ("y", b"2"), format=tarfile.PAX_FORMAT
    )
    place = data.index(b"abcde")
    assert listed(data) == [
        Member((b"d", b"s\xff"), Kind.FILE, 2000, (Extent(1000, 5, place),)),
        Member((b"y",), Kind.FILE, 1, (Extent(0, 1, place + 512 + 512),)),
    ]


@pytest.mark.parametrize(
    ("map_text", "reason"),
    [
        ("1000,2,512,3", "out of order"),
        ("0,3,2,3", "out of order"),
        ("0,1025", "leaves it"),
        ("1999,2", "impossible size"),
        ("-5,2", "out of order"),
        ("x,y", "damaged|malformed|not a tar"),
    ],
)
def test_a_map_of_holes_that_makes_no_sense_is_refused(map_text, reason):
    with pytest.raises(FormatError, match=reason):
        listed(archive(sparse(map_text, 2000, b"abcde"), format=tarfile.PAX_FORMAT))


def test_labels_are_no_members_and_other_volumes_are_missing():
    assert listed(archive(("label", {"type": b"V"}), ("a", b"x")))[0].path == (b"a",)
    with pytest.raises(FormatError, match="another volume"):
        listed(archive(("a", {"type": b"M", "data": b"x"})))


@pytest.mark.parametrize("data", [b"", b"hello", b"d4:infoe" * 100, archives.content(5000)])
def test_what_is_no_archive_says_so(data):
    with pytest.raises(FormatError, match="not a tar archive"):
        listed(data)


def test_an_archive_of_nothing_has_no_members():
    assert listed(bytes(10_240)) == []


def test_an_archive_is_not_whole_until_its_end_mark():
    whole = archive(("a", b"x" * 1000), ("b", b"y" * 1000))
    for length in range(0, len(whole) - 2 * archives.BLOCK + 1, 128):
        with pytest.raises(FormatError, match=r"cut off|not a tar"):
            listed(whole[:length])
    assert len(listed(whole[: -archives.BLOCK])) == 2


def test_a_damaged_header_is_not_taken_for_the_end():
    whole = bytearray(archive(("a", b"x"), ("b", b"y"), ("c", b"z")))
    whole[2 * archives.BLOCK + 3] ^= 0xFF
    with pytest.raises(FormatError, match="damaged or cut off after 1 members"):
        listed(bytes(whole))


def test_a_header_of_gigabytes_is_not_read():
    long_name = archives.header("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=1 << 33)
    with pytest.raises(FormatError, match="header of more than"):
        listed(long_name.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


def test_headers_without_end_are_not_followed():
    link = archives.header("././@LongLink", type=tarfile.GNUTYPE_LONGNAME, size=2)
    one = link.tobuf(tarfile.GNU_FORMAT) + b"a\0" + bytes(510)
    with pytest.raises(FormatError):
        listed(one * 20_000)


def test_there_is_a_limit_of_members(monkeypatch):
    monkeypatch.setattr(tar_members, "MAX_MEMBERS", 2)
    with pytest.raises(FormatError, match="more than 2 members"):
        listed(archive("a", "b", "c"))


def test_whatever_is_changed_in_an_archive_it_is_read_or_refused():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as made:
        made.addfile(archives.header("é" * 60, size=5), io.BytesIO(b"12345"))
        made.addfile(archives.header("l", type=tarfile.SYMTYPE, linkname="x" * 150))
    whole = out.getvalue()[: 14 * archives.BLOCK]
    dice = Random(3)
    for _ in range(3000):
        changed = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        make_the_sum_right(changed, dice)
        try:
            listed(bytes(changed))
        except FormatError:
            pass


def make_the_sum_right(changed, dice):
    """Make the check sum of a header right again, so that what is in it counts."""
    start = dice.randrange(0, len(changed), archives.BLOCK)
    block = changed[start : start + archives.BLOCK]
    block[148:156] = b"        "
    changed[start + 148 : start + 156] = b"%06o\0 " % sum(block)
