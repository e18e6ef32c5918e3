"""How to make a torrent: what was asked for, and what cannot be asked for."""

import pytest

from raincore.base.errors import ConfigError
from raincore.formats.info import MetaVersion
from raincore.storage import creation_options
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions, SortKey


def test_nothing_asked_for_is_fine():
    creation_options.check(CreateOptions())


@pytest.mark.parametrize(
    "options",
    [
        {"trackers": (("tracker.example/announce",),)},
        {"trackers": (("http://a/", ""),)},
        {"webseeds": ("http://",)},
        {"http_seeds": ("http://a b/",)},
        {"trackers": (("udp://tracker.example:69690",),)},
    ],
)
def test_what_is_no_url_is_refused(options):
    with pytest.raises(ConfigError, match="is not a URL"):
        creation_options.check(CreateOptions(**options))


@pytest.mark.parametrize("version", [MetaVersion.V2, MetaVersion.HYBRID])
def test_trees_have_one_order(version):
    keys = (SortKey("size"),)
    creation_options.check(CreateOptions(sort_by=keys))
    with pytest.raises(ConfigError, match="one order only") as caught:
        creation_options.check(CreateOptions(version=version, sort_by=keys))
    assert caught.value.setting == "sort_by"


def test_symlinks_are_not_followed_and_taken_at_once():
    with pytest.raises(ConfigError, match="not both"):
        creation_options.check(CreateOptions(rules=Rules(follow_symlinks=True, symlinks=True)))


def test_the_name_is_the_one_wanted_or_the_end_of_the_path():
    assert creation_options.name_of("/a/b", CreateOptions()) == "b"
    assert creation_options.name_of("/a/b", CreateOptions(name="c")) == "c"
    assert creation_options.name_of("/", CreateOptions(name="root")) == "root"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConfigError, match="not a name"):
        creation_options.name_of("/a/b", CreateOptions(name=name))


def test_the_root_directory_has_no_name():
    with pytest.raises(ConfigError, match="no name, so one must be given: /"):
        creation_options.name_of("/", CreateOptions())
