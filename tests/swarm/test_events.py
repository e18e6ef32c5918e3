import dataclasses
import typing

import pytest

from raincore.swarm import events, wish_events
from tests.swarm.swarm_world import machine_of


@pytest.mark.parametrize("kind", typing.get_args(events.Event), ids=lambda kind: kind.__name__)
def test_an_event_is_a_value_that_nobody_can_change(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)
    assert kind.__name__ in (*events.__all__, *wish_events.__all__)


def test_an_event_for_a_torrent_that_has_stopped_leads_to_nothing() -> None:
    machine = machine_of()
    machine.handle(events.StopRequested(), 0.0)
    assert machine.handle(events.Started(), 1.0) == []
