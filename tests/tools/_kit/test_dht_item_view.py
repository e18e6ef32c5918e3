"""An item as programs and people see it."""

import json

import pytest

from raincore.dht.item import Item
from raincore.documents.items import Refusal
from raincore.session.dht_queries import Heard
from raintools._kit.dht_item_view import show_item
from raintools._kit.output import Writer

HEARD = Heard(9, 8, 7, 0.1, refusals=[Refusal("no answer", 1)])


def test_programs_get_everything_and_the_keys_that_came_in(capfd):
    show_item(Writer(as_json=True), Item(b"1:a"), {"x_own": 1, "value": "old"}, HEARD)
    value = json.loads(capfd.readouterr().out)
    assert (value["x_own"], value["value"], value["stored"], value["refused"]) == (1, "a", 7, 1)


@pytest.mark.parametrize(
    ("item", "heard", "text"),
    [
        (Item(b"10:one\ttwo\x1b\nx"), None, '{"hex": "6f6e650974776f1b0a78"}'),
        (Item(b"9:one\ttwo\nx"), None, "one     two\nx"),
        (Item(b"i7e"), None, "7"),
        (Item(b"1:a"), HEARD, f"target {Item(b'1:a').target.hex()}\nstored at 7 nodes"),
        (
            Item(b"1:a", bytes(32), 3),
            HEARD,
            f"key {'0' * 64}\ntarget {Item(b'1:a', bytes(32)).target.hex()}\n"
            "stored at 7 nodes, sequence number 3",
        ),
    ],
)
def test_people_get_the_value_or_where_it_is(capfd, item, heard, text):
    show_item(Writer(as_json=False), item, None, heard)
    assert capfd.readouterr().out == text + "\n"
