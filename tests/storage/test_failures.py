"""Errors of the operating system turned into ours."""

import errno
import os

import pytest

from raincore.base.errors import DeviceError, NoSpace, ReadError, WriteError
from raincore.storage import failures


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_or_quota_is_no_space(number):
    error = failures.write_error(OSError(number, os.strerror(number)), "/x/y")
    assert type(error) is NoSpace
    assert error.path == "/x/y"


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.ESTALE, errno.EMFILE])
def test_a_device_that_does_not_work_may_work_again(number):
    assert type(failures.write_error(OSError(number, os.strerror(number)), "/x")) is DeviceError


def test_other_write_failures_name_what_was_done_and_to_what():
    error = failures.write_error(PermissionError(errno.EACCES, "Permission denied"), "/x", "create")
    assert type(error) is WriteError
    assert str(error) == "cannot create: permission denied: /x"


def test_read_failures_are_read_errors():
    error = failures.read_error(OSError(errno.EIO, "Input/output error"), "/x")
    assert type(error) is ReadError
    assert str(error) == "cannot read: input/output error: /x"


def test_an_error_without_text_is_named_by_its_class():
    assert "blockingioerror" in str(failures.read_error(BlockingIOError(), "/x"))


def test_paths_of_any_bytes_become_printable():
    assert failures.named(os.fsdecode(b"/a\xff\n")) == "/a\ufffd\ufffd"
