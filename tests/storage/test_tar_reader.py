"""Members of an archive read as content: forward as they come, or anywhere in a file."""

import tarfile
from random import Random

from raincore.base.geometry import Geometry
from raincore.storage.stream_spool import Spool
from raincore.storage.tar_members import Extent, members
from raincore.storage.tar_reader import ForwardReader, TarReader, spooled
from tests.storage import archives

DATA = archives.content(1000)
EXTENTS = (Extent(10, 20, 100), Extent(40, 5, 0), Extent(45, 5, 300))
SIZE = 60


def read_at(place, view):
    view[:] = DATA[place : place + len(view)]


def plain():
    """What the extents make of a file, the slow way."""
    made = bytearray(SIZE)
    for offset, length, place in EXTENTS:
        made[offset : offset + length] = DATA[place : place + length]
    return bytes(made)


def test_a_file_is_read_forward_in_steps_of_any_size():
    for step in range(1, SIZE + 1):
        reader = ForwardReader(read_at, EXTENTS)
        found = b""
        for begin in range(0, SIZE, step):
            view = memoryview(bytearray(b"?" * min(step, SIZE - begin)))
            reader.fill(view)
            found += bytes(view)
        assert found == plain()


def test_content_is_read_anywhere_padding_and_holes_as_zeros():
    whole = DATA[500:530] + bytes(34) + plain() + bytes(4) + bytes(64)
    geometry = Geometry(32, [30, 34, SIZE, 4, 64])
    reader = TarReader(read_at, geometry, [(Extent(0, 30, 500),), None, EXTENTS, None, ()])
    dice = Random(1)
    for _ in range(300):
        begin = dice.randrange(len(whole))
        view = memoryview(bytearray(b"?" * dice.randint(1, len(whole) - begin)))
        assert reader.read_into(begin, view) == len(view)
        assert bytes(view) == whole[begin : begin + len(view)]


def test_what_is_spooled_is_read_again_without_its_holes():
    data = archives.content(3000)
    headers = {"GNU.sparse.map": "0,1000,5000,2000", "GNU.sparse.size": "9000"}
    packed = archives.archive(
        ("s", {"data": data, "pax_headers": headers}), format=tarfile.PAX_FORMAT
    )
    archive = archives.opened(packed)
    spool = Spool()
    buffer = memoryview(bytearray(300))
    [extents] = [spooled(archive, member, spool, buffer) for member in members(archive)]
    assert spool.size == 3000
    view = memoryview(bytearray(b"?" * 9000))
    ForwardReader(spool.read_at, extents).fill(view)
    assert bytes(view) == data[:1000] + bytes(4000) + data[1000:] + bytes(2000)
    spool.close()
