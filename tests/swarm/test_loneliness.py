"""Why nobody is here: who was looked for, where, and what became of it."""

from raincore.base.endpoint import Endpoint
from raincore.policy.setbacks import Setbacks
from raincore.swarm import loneliness
from raincore.swarm.dht_state import DhtState
from raincore.swarm.events import AnnounceFailed
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.nearby_state import NearbyState
from raincore.swarm.tracker_state import TrackerState
from tests.swarm.swarm_world import ready_machine
from tests.swarm.web_world import W1, web_shell

TRACKERS = [["http://a.example/announce"], ["http://b.example/announce"]]


def evidence(machine: TorrentMachine) -> dict[str, str]:
    return {one.cause: one.evidence for one in loneliness.causes(machine.state)}


def addresses(count: int) -> list[Endpoint]:
    return [Endpoint(f"20.0.0.{n + 1}", 6881) for n in range(count)]


def test_without_anything_to_ask_nobody_is_known() -> None:
    assert evidence(ready_machine()) == {
        "no_peers": "no peer is known: there is no tracker; the DHT is not used; "
        "the local network is not searched"
    }


def test_what_each_source_of_peers_said_is_told() -> None:
    machine = ready_machine(trackers=TRACKERS)
    state = machine.state
    assert "tracker" not in evidence(machine)["no_peers"], "none has answered yet"
    state.silent_trackers.clear()
    state.dht = DhtState(6881)
    state.nearby = NearbyState()
    assert evidence(machine)["no_peers"].endswith("the DHT was not asked yet")
    state.dht.begun = True
    assert evidence(machine)["no_peers"].endswith("DHT: no answer yet")


def test_trackers_that_know_nobody_are_counted() -> None:
    machine = ready_machine(trackers=TRACKERS)
    machine.handle_timer(1001.0)
    state = machine.state
    first = next(iter(state.trackers.values()))
    assert "1 tracker has not answered yet" in evidence(machine)["no_peers"]
    state.trackers["http://b.example/announce"] = TrackerState("b", first.schedule)
    assert "2 trackers have not answered yet" in evidence(machine)["no_peers"]
    for tracker in state.trackers.values():
        tracker.said = "knows no peers"
    assert "2 trackers know nobody" in evidence(machine)["no_peers"]
    del state.trackers["http://b.example/announce"]
    assert "1 tracker knows nobody" in evidence(machine)["no_peers"]


def test_trackers_that_failed_are_quoted() -> None:
    machine = ready_machine(trackers=TRACKERS[:1])
    machine.handle_timer(1001.0)
    machine.handle(AnnounceFailed(TRACKERS[0][0], "not registered", None, refused=True), 1001.0)
    assert evidence(machine)["tracker"] == "the tracker failed: not registered (a.example)"


def test_addresses_that_wait_are_counted() -> None:
    machine = ready_machine()
    machine.state.candidates.add("tracker", addresses(1))
    assert evidence(machine) == {"connecting": "1 address is known and waits to be dialled"}
    machine.state.candidates.add("tracker", addresses(2))
    assert evidence(machine) == {"connecting": "2 addresses are known and wait to be dialled"}
    machine.state.dialling[addresses(1)[0]] = None
    assert evidence(machine) == {"connecting": "no answer yet from 20.0.0.1:6881"}


def test_what_went_wrong_is_told_by_kind_the_most_frequent_first() -> None:
    machine = ready_machine()
    setbacks = machine.state.setbacks = Setbacks()
    for number, endpoint in enumerate(addresses(10)):
        setbacks.note(endpoint, ("refused", "refused", "late", "odd", "left: bored")[number % 5])
    setbacks.note(Endpoint("30.0.0.1", 1), "rare")
    found = evidence(machine)
    assert list(found) == ["unreachable", "left"]
    assert found["unreachable"] == (
        "9 addresses are known and none of them answers: refused (4, such as 20.0.0.7:6881), "
        "late (2, such as 20.0.0.8:6881), odd (2, such as 20.0.0.9:6881), 1 for other reasons"
    )
    assert found["left"] == "2 peers were here and left: bored (2, such as 20.0.0.10:6881)"


def test_one_is_told_in_the_singular() -> None:
    machine = ready_machine()
    machine.state.setbacks.note(addresses(1)[0], "refused")
    assert evidence(machine)["unreachable"] == (
        "1 address is known and does not answer: refused (20.0.0.1:6881)"
    )
    machine.state.setbacks.note(addresses(1)[0], "left: bored")
    assert evidence(machine)["left"] == "1 peer was here and left: bored (20.0.0.1:6881)"


def test_dials_are_counted() -> None:
    machine = ready_machine()
    counters = machine.state.counters
    counters.dials, counters.dial_failures = 5, 4
    machine.state.setbacks.note(addresses(1)[0], "refused")
    [found] = [one for one in loneliness.causes(machine.state) if one.cause == "unreachable"]
    assert found.facts == {"addresses": 1, "dials": 5, "dial_failures": 4}


def test_what_the_blocklist_has_is_counted() -> None:
    machine = ready_machine()
    refusals = machine.state.candidates.refusals = type(machine.state.candidates.refusals)(
        lambda endpoint: True
    )
    refusals.includes(addresses(1)[0])
    assert evidence(machine) == {"blocked": "1 address is blocked by the blocklist"}
    refusals.includes(addresses(2)[1])
    assert evidence(machine) == {"blocked": "2 addresses are blocked by the blocklist"}


def test_web_seeds_that_are_of_no_use_are_named() -> None:
    shell = web_shell(W1)
    state = shell.machine.state
    assert not [one for one in loneliness.causes(state) if one.cause == "web_seeds"]
    for source in state.web.sources.values():
        source.refused = source.said = "HTTP 404"
    found = {one.cause: one for one in loneliness.causes(state)}["web_seeds"]
    assert "HTTP 404" in found.evidence
    assert found.facts == {"web_seeds": len(state.web.sources)}
