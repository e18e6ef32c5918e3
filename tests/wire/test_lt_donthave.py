import pytest

from raincore.base.errors import RemoteProtocolError
from raincore.wire import lt_donthave
from raincore.wire.lt_donthave import DontHave


def test_it_is_the_index_in_four_bytes() -> None:
    assert lt_donthave.encode(DontHave(258)) == b"\0\0\1\2"
    assert lt_donthave.parse(b"\0\0\1\2") == DontHave(258)


@pytest.mark.parametrize("payload", [b"", b"\0\0\1", b"\0\0\0\0\1"])
def test_any_other_length_is_refused(payload: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="wrong length"):
        lt_donthave.parse(payload)
