"""Makes a torrent of a path, of a path and an older torrent, or of an archive."""

import os

import click
import pytest

from raincore.base.errors import FormatError
from raincore.storage import creation_record
from raincore.storage.creation_options import CreateOptions
from raintools._kit.exits import Outcome
from raintools._kit.maker import Maker
from raintools._kit.options import Common
from raintools._kit.output import Writer
from tests.storage import archives


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "rain" / "created"


@pytest.fixture
def common():
    outcome = Outcome("rain-test")
    return Common(Writer(as_json=True, color="never"), outcome, quiet=False, verbose=1)


def maker(archive=None, update=None, given=()):
    return Maker(archive, update, frozenset(given))


def test_inputs_are_paths_or_one_archive():
    assert maker().inputs(("a", "b")) == ("a", "b")
    assert maker("a.tar").inputs(()) == ("a.tar",)
    assert maker(update="o").inputs(("a",)) == ("a",)


@pytest.mark.parametrize(
    ("made", "paths", "message"),
    [
        (maker(), (), "Missing argument"),
        (maker("a.tar"), ("a",), "neither PATH nor --update"),
        (maker("a.tar", "o"), (), "neither PATH nor --update"),
        (maker(update="o"), ("a", "b"), "one PATH"),
        (maker(update="o"), (), "Missing argument"),
    ],
)
def test_too_much_or_too_little_is_wrong_usage(made, paths, message):
    with pytest.raises(click.UsageError, match=message):
        made.inputs(paths)


def test_names_are_known_before_unless_the_archive_tells(tmp_path):
    (tmp_path / "photo").write_bytes(b"x")
    assert maker().name_of(str(tmp_path / "photo"), CreateOptions()) == "photo"
    assert maker("-").name_of("-", CreateOptions()) is None
    assert maker("-").name_of("-", CreateOptions(name="n")) == "n"
    with pytest.raises(FormatError, match="no such file"):
        maker().name_of(str(tmp_path / "none"), CreateOptions())
    assert [maker("-").label("-"), maker("a").label("a"), maker().label("-")] == ["stdin", "a", "-"]


def test_what_the_files_were_is_kept_for_the_next_time(tmp_path, state, common, capsys):
    (tmp_path / "photo").write_bytes(b"x" * 1000)
    made = maker().create(str(tmp_path / "photo"), CreateOptions(), common)
    info_hash = made.metainfo.info.info_hash.hex()
    assert os.listdir(state) == [info_hash]
    assert creation_record.load(info_hash, 1) is not None
    assert capsys.readouterr().err == ""


def test_an_archive_leaves_nothing_behind(tmp_path, state, common):
    (tmp_path / "a.tar").write_bytes(archives.archive(("d/a", b"x")))
    made = maker(str(tmp_path / "a.tar")).create(str(tmp_path / "a.tar"), CreateOptions(), common)
    assert made.metainfo.info.name == "d"
    assert not state.exists()


def test_an_older_torrent_fills_up_the_settings_and_is_used(tmp_path, common, capsys):
    (tmp_path / "photo").write_bytes(b"x" * 1000)
    wanted = CreateOptions(comment="hello", creation_date=1)
    made = maker().create(str(tmp_path / "photo"), wanted, common)
    (tmp_path / "old").write_bytes(made.metainfo.raw)
    again = maker(update=str(tmp_path / "old"))
    settled = again.settled(CreateOptions())
    assert (settled.comment, settled.name, settled.creation_date) == ("hello", "photo", None)
    assert again.create(str(tmp_path / "photo"), settled, common).metainfo.comment == "hello"
    assert "reused" in capsys.readouterr().err
    with pytest.raises(FormatError, match=r"photo: .*not a .torrent file"):
        maker(update=str(tmp_path / "photo")).settled(CreateOptions())
