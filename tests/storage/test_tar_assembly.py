"""What was found in an archive, laid out, hashed where it can be read again, and made a torrent."""

import hashlib

import pytest

from raincore.base.errors import ConfigError, FormatError
from raincore.formats.info import MetaVersion
from raincore.storage import tar_assembly
from raincore.storage.content_scan import Scan, SourceFile
from raincore.storage.creation_options import CreateOptions
from raincore.storage.stream_hashing import StreamHasher
from raincore.storage.stream_pieces import PieceSums
from raincore.storage.stream_pool import Pool
from raincore.storage.tar_members import Extent
from raincore.storage.tar_tree import TarScan
from tests.storage import archives

KIB, MIB, TIB = 1 << 10, 1 << 20, 1 << 40
PIECE = 16 * KIB
DATA = {b"a": archives.content(PIECE + 5), b"c": archives.content(3 * PIECE, 2)}


def found(contents, *links):
    files = [SourceFile("", (name,), len(DATA[name]), 0, False) for name in contents]
    files += [SourceFile("", (name,), 0, 0, False, symlink=(b"a",)) for name in links]
    files.sort(key=lambda file: file.parts)
    scan = Scan(tuple(files), True, ("a note",))
    return TarScan("d", scan, {(name,): content for name, content in contents.items()})


def options(version=MetaVersion.V1, **more):
    return CreateOptions(**{"version": version, "piece_length": PIECE, **more})


def made(plan, hashed, wanted):
    return tar_assembly.finished(plan, hashed, wanted)


@pytest.mark.parametrize(
    ("size", "asked", "lengths"),
    [
        (0, {}, [PIECE << power for power in range(11)]),
        (5 << 30, {}, [4 * MIB, 8 * MIB, 16 * MIB]),
        (TIB, {}, [16 * MIB]),
        (9 * TIB, {"piece_length": 48 * KIB}, [48 * KIB]),
        (0, {"max_piece_length": 32 * KIB}, [16 * KIB, 32 * KIB]),
        (5 << 30, {"max_piece_length": 64 * KIB}, [64 * KIB]),
    ],
)
def test_lengths_in_question_are_those_that_more_content_may_still_get(size, asked, lengths):
    assert tar_assembly.lengths_for(size, CreateOptions(**asked)) == lengths


def test_content_too_long_for_those_lengths_needs_one_that_is_given():
    with pytest.raises(ConfigError, match="needs a piece length"):
        tar_assembly.lengths_for(9 * TIB, CreateOptions())


def sums_of(data, lengths):
    sums = PieceSums(lengths)
    for job in sums.jobs(memoryview(data)):
        job()
    return sums.finish()


def test_hashes_for_a_length_that_was_given_up_are_refused():
    sums = sums_of(b"x", [2 * PIECE, 4 * PIECE])
    assert tar_assembly.of_length(sums, 2 * PIECE) == hashlib.sha1(b"x").digest()
    with pytest.raises(FormatError, match="piece length must be given, such as 16384"):
        tar_assembly.of_length(sums, PIECE)


@pytest.mark.parametrize("version", MetaVersion)
@pytest.mark.parametrize("links", [(), (b"b", b"z")])
def test_sums_and_extents_make_the_same_torrent(version, links):
    wanted = options(version, align=True)
    whole = b"".join(DATA.values())
    places = {b"a": (Extent(0, PIECE + 5, 0),), b"c": (Extent(0, 3 * PIECE, PIECE + 5),)}

    def read_at(place, view):
        view[:] = whole[place : place + len(view)]

    plan = tar_assembly.planned(found(places, *links), wanted)
    told = []
    read = tar_assembly.hash_extents(plan, read_at, wanted, lambda *done: told.append(done))
    assert told[-1] == (plan.geometry.total_length, plan.geometry.total_length)

    with Pool(1) as pool:
        hasher = StreamHasher(pool, [PIECE])
        summed = {}
        for name, data in DATA.items():
            rest = [memoryview(data)]

            def fill(view, rest=rest):
                view[:], rest[0] = rest[0][: len(view)], rest[0][len(view) :]

            with_tree, with_pieces = version is not MetaVersion.V1, version is not MetaVersion.V2
            summed[name] = hasher.file(
                len(data), fill, with_pieces=with_pieces, with_tree=with_tree
            )
    other = tar_assembly.planned(found(summed, *links), wanted)
    first = made(plan, read, wanted)
    second = made(other, tar_assembly.of_sums(other, wanted), wanted)
    assert first.metainfo.raw == second.metainfo.raw
    assert first.notes == ("a note",)
    assert first.data_dir is None


def test_what_cannot_be_laid_out_is_refused():
    with pytest.raises(ConfigError):
        tar_assembly.planned(found({b"a": ()}), options(MetaVersion.V2, piece_length=48 * KIB))
