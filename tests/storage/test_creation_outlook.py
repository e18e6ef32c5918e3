"""What each way to make a torrent would cost."""

from dataclasses import replace
from random import Random

import pytest

from raincore.base.errors import ConfigError, FormatError
from raincore.documents import plans, registry
from raincore.formats.info import MetaVersion
from raincore.storage import content_scan, creation, creation_outlook
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions, SortKey

KIB = 1024
V1, V2, HYBRID = MetaVersion

FULL = CreateOptions(
    name="another näme",
    private=True,
    source="TAG",
    entropy=12345,
    trackers=(("http://a/", "http://b/"), ("udp://c:1",)),
    webseeds=("http://w/",),
    nodes=("r.example:1",),
    similar=(bytes(20),),
    collections=("x",),
    comment="hello",
    created_by="me",
    creation_date=17,
    rules=Rules(symlinks=True),
)


@pytest.fixture
def tree(tmp_path):
    """Files of all sizes around a piece, no two of the same content, and symlinks."""
    root = tmp_path / "photös"
    sizes = [0, 1, 9, 10, 99, 100, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 40_000, 300_000, 1_200_000]
    for number, size in enumerate(sizes):
        path = root / f"d{number % 3}" / f"{number}-{size}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Random(number).randbytes(size))
        path.chmod(0o755 if number % 4 == 1 else 0o644)
    (root / "link").symlink_to("d0")
    return root


def look(path, options):
    scan = content_scan.scan(str(path), options.rules)
    return creation_outlook.outlook(str(path), scan, options.name or path.name, options)


@pytest.mark.parametrize("options", [CreateOptions(), FULL])
@pytest.mark.parametrize("single", [False, True])
def test_the_torrent_is_as_long_as_was_said(tree, options, single):
    path = tree / "d1" / "10-300000" if single else tree
    plan = look(path, options)
    assert [(mode.meta_version, mode.align) for mode in plan.modes] == [
        ("v1", False),
        ("v1", True),
        ("v2", True),
        ("hybrid", True),
    ]
    compared = 0
    for mode in plan.modes:
        for cost in (mode.cost, *mode.others):
            made = creation.create(
                str(path),
                replace(
                    options,
                    version=MetaVersion(mode.meta_version),
                    align=mode.align,
                    piece_length=cost.piece_length,
                ),
            ).metainfo
            info = made.info
            padding = info.geometry.total_length - info.total_length
            assert len(made.raw) == cost.torrent_length, (mode, cost)
            assert info.geometry.piece_count == cost.piece_count
            assert cost.padding_length == (0 if mode.meta_version == "v2" else padding)
            compared += 1
    assert compared == 12
    assert (plan.total_length, plan.file_count) == (info.total_length, info.file_count)


def test_what_is_asked_for_is_chosen(tree):
    for options in (
        CreateOptions(version=HYBRID, piece_length=64 * KIB),
        CreateOptions(align=True, piece_length=48 * KIB),
        CreateOptions(version=V2),
    ):
        chosen = look(tree, options).chosen
        assert chosen.meta_version == options.version.value
        assert chosen.align == (options != CreateOptions())
        assert chosen.cost.piece_length == options.piece_length or 16 * KIB
    plan = look(tree, CreateOptions(piece_length=64 * KIB))
    assert plan.chosen in plan.modes
    assert [cost.piece_length // KIB for cost in plan.chosen.others] == [16, 32, 128, 256]


def test_ways_that_do_not_fit_are_left_out(tree):
    plan = look(tree, CreateOptions(piece_length=48 * KIB))
    assert {mode.meta_version for mode in plan.modes} == {"v1"}
    plan = look(tree, CreateOptions(sort_by=(SortKey("size"),)))
    assert len(plan.modes) == 4


def test_what_was_asked_for_must_fit(tree):
    with pytest.raises(ConfigError, match="power of two"):
        look(tree, CreateOptions(version=V2, piece_length=48 * KIB))


def test_what_nobody_could_read_is_said(tmp_path):
    path = tmp_path / "deep" / "/".join(["d"] * 120)
    path.mkdir(parents=True)
    (path / "x").write_bytes(b"x")
    for version in MetaVersion:
        with pytest.raises(FormatError):
            look(tmp_path / "deep", CreateOptions(version=version))


def test_nothing_is_read(tmp_path):
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 43)
    plan = look(tmp_path / "huge", CreateOptions())
    assert plan.total_length == 1 << 43
    assert plan.chosen.cost.torrent_length < 8_000_000
    registry.validate(plans.encode(plan))
