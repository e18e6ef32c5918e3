"""Errors about content on disk."""

from raincore.base.errors import StorageError, WriteError
from raincore.base.storage_errors import InUse


def test_what_is_in_use_cannot_be_written_and_is_told_apart():
    error = InUse("another process has it", "/a")
    assert isinstance(error, StorageError)
    assert (error.code, error.path) == ("in_use", "/a")
    assert WriteError.code != InUse.code
