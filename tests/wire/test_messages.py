import dataclasses

import pytest

from raincore.wire import messages as m


@pytest.mark.parametrize("name", sorted(set(m.__all__) - {"Message"}))
def test_messages_cannot_be_changed(name: str) -> None:
    kind = getattr(m, name)
    count = len(kind._fields) if issubclass(kind, tuple) else len(dataclasses.fields(kind))
    message = kind(*range(count))
    with pytest.raises((AttributeError, TypeError)):
        message.piece = 1
    assert hash(message) == hash(kind(*range(count)))


def test_dataclasses_of_different_kinds_are_not_equal() -> None:
    assert m.HaveAll() != m.HaveNone()
    assert m.Have(1) != m.Suggest(1)


def test_tuples_unpack_in_wire_order() -> None:
    piece, begin, length = m.Request(piece=1, begin=2, length=3)
    assert (piece, begin, length) == (1, 2, 3)
