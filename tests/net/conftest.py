"""Real sockets, for those tests that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def network(hub: Hub) -> TrioNetwork:
    return TrioNetwork(hub)
