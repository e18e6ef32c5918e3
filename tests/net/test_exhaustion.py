"""Having no descriptor left is nobody's fault but our own."""

import errno
import resource

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError
from raincore.net.exhaustion import EXHAUSTED, OutOfDescriptors


def test_what_the_system_says_when_nothing_is_left():
    assert errno.EMFILE in EXHAUSTED
    assert errno.ECONNREFUSED not in EXHAUSTED


def test_a_dial_that_needs_a_socket_says_that_there_is_none():
    assert issubclass(OutOfDescriptors, ConnectError)
    assert OutOfDescriptors("too many open files").code == "out_of_descriptors"


async def test_dialling_without_a_descriptor_left_blames_nobody(network):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(OutOfDescriptors, match=r"too many open files: 127\.0\.0\.1:9"):
            await network.connect(Endpoint("127.0.0.1", 9))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
