from raincore.base.endpoint import Endpoint
from raincore.dht.external_address import ExternalAddress
from tests.dht.places import public

OURS, WRONG = Endpoint("80.1.1.1", 6881), Endpoint("66.6.6.6", 6881)


def test_five_networks_that_agree_are_believed_at_first() -> None:
    address = ExternalAddress()
    assert [address.vote(public(n), OURS, 0.0) for n in range(5)] == [False] * 4 + [True]
    assert address.known == OURS


def test_one_liar_has_one_vote_however_many_addresses_it_has() -> None:
    address = ExternalAddress()
    for last in range(1, 200):
        assert not address.vote(Endpoint(f"20.6.6.{last}", 1), WRONG, 0.0)
    assert address.known is None


def test_liars_among_honest_nodes_do_not_win() -> None:
    address = ExternalAddress()
    for number in range(12):
        address.vote(public(number), WRONG if number % 4 == 0 else OURS, 0.0)
    assert address.known == OURS


def test_without_a_clear_majority_nothing_is_known() -> None:
    address = ExternalAddress()
    for number in range(120):
        assert not address.vote(public(number), (WRONG, OURS)[number % 2], 0.0)
    assert address.known is None


def test_another_address_takes_a_whole_round_to_be_believed() -> None:
    address = ExternalAddress()
    for number in range(5):
        address.vote(public(number), OURS, 0.0)
    moved = [address.vote(public(100 + number), WRONG, 1.0) for number in range(50)]
    assert moved == [False] * 49 + [True]
    assert address.known == WRONG


def test_a_round_ends_after_five_minutes() -> None:
    address = ExternalAddress()
    for number in range(5):
        address.vote(public(number), OURS, 0.0)
    assert not address.vote(public(100), WRONG, 10.0)
    assert not address.vote(public(101), WRONG, 11.0)
    assert address.vote(public(102), WRONG, 310.0)


def test_the_same_address_again_is_no_news_whatever_its_port() -> None:
    address = ExternalAddress()
    for number in range(5):
        address.vote(public(number), OURS, 0.0)
    elsewhere = Endpoint(OURS.host, 4000)
    assert not any(address.vote(public(100 + n), elsewhere, 1.0) for n in range(60))


def test_a_single_vote_decides_nothing_however_late() -> None:
    address = ExternalAddress()
    assert not address.vote(public(1), OURS, 0.0)
    assert not address.vote(public(1), OURS, 999.0)
    assert address.known is None
