"""The error tree: slugs, facts beside the message, groups unwrapped."""

import pytest

from raincore.base import errors
from raincore.base.errors import (
    ConfigError,
    ConnectError,
    ContentMismatch,
    FormatError,
    Incomplete,
    LocalProtocolError,
    NoSpace,
    ProtocolError,
    RainError,
    RemoteProtocolError,
    the_one,
)

ALL = [getattr(errors, name) for name in errors.__all__ if name != "the_one"]


def test_every_error_is_a_rain_error_with_a_slug_of_its_own():
    assert all(issubclass(kind, RainError) for kind in ALL)
    slugs = [kind.code for kind in ALL]
    assert len(set(slugs)) == len(slugs)
    assert all(slug.islower() and slug.replace("_", "").isalpha() for slug in slugs)


def test_a_format_error_names_the_place_in_front_of_the_message():
    error = FormatError("is missing", "info.name")
    assert str(error) == "info.name: is missing"
    assert error.details == {"where": "info.name"}


def test_a_format_error_without_a_place_is_the_message():
    assert str(FormatError("too short")) == "too short"


def test_details_leave_out_what_is_not_known():
    assert ConnectError("refused").details == {}
    assert ConnectError("refused", "192.0.2.1:1").details == {"endpoint": "192.0.2.1:1"}
    assert NoSpace("disk full", "/tmp/x").details == {"path": "/tmp/x"}
    assert ConfigError("too small", "port").details == {"setting": "port"}


def test_a_mismatch_lists_the_pieces_and_incomplete_counts_bytes():
    assert ContentMismatch("bad", (3, 4)).details == {"pieces": [3, 4]}
    assert Incomplete("no peers", 1, 2).details == {"have": 1, "need": 2}


def test_a_protocol_error_is_somebodys_fault():
    with pytest.raises(TypeError):
        ProtocolError("who was it?")
    assert LocalProtocolError("ours").rule == ""
    assert RemoteProtocolError("theirs", "BEP 3").details == {"rule": "BEP 3"}


def test_nested_groups_of_one_error_are_that_error():
    error = FormatError("x")
    assert the_one(ExceptionGroup("", [ExceptionGroup("", [error])])) is error
    assert the_one(error) is error


def test_a_group_of_several_errors_stays():
    group = ExceptionGroup("", [FormatError("x"), FormatError("y")])
    assert the_one(group) is group
    assert the_one(ExceptionGroup("", [group])) is group
