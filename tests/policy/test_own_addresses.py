from raincore.base.endpoint import Endpoint
from raincore.policy.own_addresses import VOTERS_MAX, OwnAddresses

PORT = 6881
WORLD, LAN = Endpoint("20.1.2.3", 1), Endpoint("192.168.1.77", 1)


def test_an_address_is_believed_when_two_say_so() -> None:
    own = OwnAddresses(port=PORT)
    assert own.facing(WORLD) is None
    assert not own.told("a", "80.1.2.3")
    assert not own.includes(Endpoint("80.1.2.3", PORT))
    assert own.told("b", "80.1.2.3")
    assert own.facing(WORLD) == own.seen_as(ipv6=False) == Endpoint("80.1.2.3", PORT)
    assert own.includes(Endpoint("80.1.2.3", PORT))
    assert not own.includes(Endpoint("80.1.2.3", PORT + 1))


def test_what_many_agree_on_is_believed_at_once() -> None:
    own = OwnAddresses(port=PORT)
    assert own.agreed("80.1.2.3")
    assert not own.agreed("80.1.2.3")
    assert own.includes(Endpoint("80.1.2.3", PORT))


def test_one_voter_is_one_voice_however_often_it_speaks() -> None:
    own = OwnAddresses(port=PORT)
    assert not any(own.told("a", "80.1.2.3") for _ in range(5))


def test_liars_need_a_majority() -> None:
    own = OwnAddresses(port=PORT)
    for voter in range(4):
        own.told(voter, "80.1.2.3")
    assert not any(own.told(f"liar {n}", "90.9.9.9") for n in range(4))
    assert own.told("one more", "80.1.2.3") is False
    assert own.seen_as(ipv6=False) == Endpoint("80.1.2.3", PORT)


def test_an_address_that_changes_is_learned_anew() -> None:
    own = OwnAddresses(port=PORT)
    for voter in range(3):
        own.told(voter, "80.1.2.3")
    changes = [own.told(voter, "80.1.2.4") for voter in range(3)]
    assert changes == [False, True, False]


def test_families_are_counted_apart() -> None:
    own = OwnAddresses(port=PORT)
    for voter in "ab":
        own.told(voter, "80.1.2.3")
        own.told(voter, "2001:db8::1")
    assert own.seen_as(ipv6=True) == Endpoint("2001:db8::1", PORT)
    assert own.seen_as(ipv6=False) == Endpoint("80.1.2.3", PORT)


def test_what_nobody_outside_can_see_is_no_vote() -> None:
    own = OwnAddresses(port=PORT)
    for host in ("192.168.1.2", "::1", "0.0.0.0", "239.1.1.1"):
        assert not any(own.told(voter, host) for voter in "abc")
    assert own.seen_as(ipv6=False) is None


def test_votes_are_bounded() -> None:
    own = OwnAddresses(port=PORT)
    for voter in range(VOTERS_MAX + 20):
        own.told(voter, f"80.1.{voter}.3")
    assert len(own._votes) == VOTERS_MAX


def test_an_interface_with_a_public_address_needs_no_votes() -> None:
    own = OwnAddresses(["127.0.0.1", "192.168.1.2", "80.1.2.3", "2001:db8::1"], PORT)
    assert own.facing(WORLD) == Endpoint("80.1.2.3", PORT)
    assert own.facing(Endpoint("2620::1", 1)) == Endpoint("2001:db8::1", PORT)


def test_neighbours_see_the_address_in_their_network() -> None:
    own = OwnAddresses(["127.0.0.1", "10.0.0.5", "192.168.1.2", "::1"], PORT)
    assert own.facing(LAN) == Endpoint("192.168.1.2", PORT)
    assert own.facing(Endpoint("127.0.0.1", 9)) == Endpoint("127.0.0.1", PORT)
    assert own.facing(Endpoint("fd00::9", 9)) == Endpoint("::1", PORT)
    assert OwnAddresses().facing(LAN) is None


def test_our_own_interfaces_are_never_to_be_dialled() -> None:
    own = OwnAddresses(["127.0.0.1"], PORT)
    assert own.includes(Endpoint("127.0.0.1", PORT))
    assert not own.includes(Endpoint("127.0.0.1", 1))
    assert not OwnAddresses(["127.0.0.1"], 0).includes(Endpoint("127.0.0.1", 0))


def test_near_is_what_is_private_or_on_our_link() -> None:
    own = OwnAddresses(["2001:db8:0:1::1", "80.1.2.3"], PORT)
    near = ["127.0.0.1", "10.9.9.9", "fd00::1", "80.1.2.200", "2001:db8:0:1::ffff"]
    far = ["80.1.3.1", "2001:db8:0:2::1"]
    assert all(own.is_near(Endpoint(host, 1)) for host in near)
    assert not any(own.is_near(Endpoint(host, 1)) for host in far)
