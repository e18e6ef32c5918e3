import dataclasses
import typing

import pytest

from raincore.swarm import commands


@pytest.mark.parametrize("kind", typing.get_args(commands.Command), ids=lambda kind: kind.__name__)
def test_a_command_is_a_value_that_nobody_can_change(kind: type) -> None:
    assert dataclasses.is_dataclass(kind)
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)
    assert kind.__name__ in commands.__all__
