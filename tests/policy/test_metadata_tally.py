from raincore.base.endpoint import Endpoint
from raincore.policy.metadata_tally import MAX_PEERS, Cause, MetadataTally


def at(number: int) -> Endpoint:
    return Endpoint(f"10.0.{number // 250}.{number % 250 + 1}", 6881)


def tally(*causes: Cause) -> MetadataTally:
    found = MetadataTally()
    for number, cause in enumerate(causes):
        found.note(at(number), cause)
    return found


def test_nobody_was_asked() -> None:
    assert (tally().tried, tally().sentence()) == (0, "")


def test_peers_are_counted_by_what_they_did() -> None:
    found = tally(Cause.REFUSED, Cause.SILENT, Cause.REFUSED)
    assert found.tried == 3
    assert found.counts()[Cause.REFUSED] == 2
    assert found.counts()[Cause.BAD] == 0
    assert found.sentence() == "3 peers tried: 2 refused, 1 stayed silent"


def test_one_peer_is_told_of_in_the_singular() -> None:
    assert tally(Cause.NO_METADATA).sentence() == "the only peer has no metadata"
    assert tally(Cause.SILENT).sentence() == "the only peer stayed silent"


def test_the_last_thing_that_a_peer_did_counts() -> None:
    found = tally(Cause.WAITING)
    found.note(at(0), Cause.BAD)
    assert found.sentence() == "the only peer sent false metadata"


def test_hanging_up_explains_only_what_was_owed() -> None:
    found = tally(Cause.WAITING, Cause.REFUSED)
    found.hung_up(at(0))
    found.hung_up(at(1))
    found.hung_up(at(2))
    assert found.sentence() == "2 peers tried: 1 refused, 1 hung up"


def test_peers_that_come_to_us_are_told_apart_by_host() -> None:
    found = MetadataTally()
    for port in range(1000, 1010):
        found.note(Endpoint("10.0.0.1", port), Cause.WAITING, incoming=True)
        found.hung_up(Endpoint("10.0.0.1", port), incoming=True)
    assert found.sentence() == "the only peer hung up"


def test_copies_of_several_senders_that_did_not_fit_are_told_of() -> None:
    found = tally(Cause.WAITING, Cause.BAD)
    found.bad_copies = 1
    assert "together" not in found.sentence()
    found.bad_copies = 2
    assert found.sentence().endswith("did not match the info-hash, 2 times")
    found = tally(Cause.WAITING)
    found.bad_copies = 1
    assert found.sentence().endswith("did not match the info-hash, once")


def test_any_number_of_addresses_costs_bounded_memory() -> None:
    found = tally(*[Cause.REFUSED] * (MAX_PEERS + 10))
    assert found.tried == MAX_PEERS
    found.note(at(0), Cause.BAD)
    assert found.counts()[Cause.BAD] == 1
