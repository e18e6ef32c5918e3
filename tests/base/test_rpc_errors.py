"""Refusals of a running session, and the exit codes that follow from them."""

import pytest

from raincore.base import errors, rpc_errors
from raintools._kit import exits


def test_a_refusal_keeps_what_the_session_said():
    error = rpc_errors.RpcRefused("no free port", -32000, {"x": 1})
    assert (str(error), error.rpc_code, error.data) == ("no free port", -32000, {"x": 1})
    assert error.details == {"rpc_code": -32000, "data": {"x": 1}}


def test_input_that_is_refused_is_bad_input():
    error = rpc_errors.InputRefused("input error: too large", 2)
    assert isinstance(error, errors.FormatError)
    assert (str(error), error.where) == ("input error: too large", "")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("RpcRefused", 1),
        ("AccessRefused", 1),
        ("InputRefused", 3),
        ("ParamsRefused", 2),
        ("MethodUnknown", 1),
        ("TorrentUnknown", 1),
    ],
)
def test_each_has_its_exit_code(name, code):
    assert exits.code_of(getattr(rpc_errors, name)("no")) == code
