"""Names of peers are looked up side by side; none of them holds up the others."""

from types import SimpleNamespace

import trio

from raincore.base.config import Config, SocketRules
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError
from raincore.session import peer_lookup


class Names:
    """A network in which "a" is known, "slow" hangs, and all else does not exist."""

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        await trio.sleep(3600 if host == "slow" else 1)
        if host != "a":
            raise ConnectError("no such host", host)
        return [Endpoint("192.0.2.1", port), Endpoint("2001:db8::1", port)]


async def resolved(*names: str, seconds: float = 60.0) -> tuple[list[str], list[str]]:
    warnings: list[str] = []
    found = await peer_lookup.resolve(Names(), names, seconds, warnings.append)  # type: ignore[arg-type]
    return list(map(str, found)), warnings


async def test_addresses_need_no_look_up(autojump_clock):
    assert await resolved("192.0.2.9:1", "[::1]:2") == (["192.0.2.9:1", "[::1]:2"], [])
    assert trio.current_time() == 0


async def test_a_name_may_have_several_addresses_and_keeps_its_place(autojump_clock):
    found, warnings = await resolved("a:5", "192.0.2.9:1")
    assert (found, warnings) == (["192.0.2.1:5", "[2001:db8::1]:5", "192.0.2.9:1"], [])


async def test_a_name_that_does_not_exist_is_a_warning(autojump_clock):
    assert await resolved("b:5", "a:6") == (
        ["192.0.2.1:6", "[2001:db8::1]:6"],
        ["b:5: no such host"],
    )


async def test_of_very_many_names_some_are_looked_up(autojump_clock):
    found, warnings = await resolved(*(f"a:{port}" for port in range(1, 1002)), "192.0.2.9:1")
    assert len(found) == 2 * peer_lookup.NAMES_MAX + 1
    assert warnings == ["of 1001 peers with a host name, 200 are looked up"]


async def test_a_silent_name_server_holds_up_nobody_for_long(autojump_clock):
    found, [warning] = await resolved("slow:5", "a:6", seconds=10.0)
    assert found == ["192.0.2.1:6", "[2001:db8::1]:6"]
    assert "within 10 s" in warning
    assert trio.current_time() == 10


async def test_who_has_less_patience_waits_less(autojump_clock):
    await resolved("slow:5", seconds=3.0)
    assert trio.current_time() == 3.0


async def test_one_peer_is_looked_up_for_as_long_as_any_name_may_take(autojump_clock):
    rules = SocketRules(lookup_timeout_seconds=4.0)
    services = SimpleNamespace(config=Config(sockets=rules), world=SimpleNamespace(network=Names()))
    warnings: list[str] = []
    assert await peer_lookup.of_peer(services, "slow:5", warnings.append) == []  # type: ignore[arg-type]
    assert trio.current_time() == 4
    assert [str(one) for one in await peer_lookup.of_peer(services, "a:6", warnings.append)] == [  # type: ignore[arg-type]
        "192.0.2.1:6",
        "[2001:db8::1]:6",
    ]
