import random

import pytest

from raincore.base.config import UploadLimits
from raincore.policy.choker import Choker, ChokeView

MIB = 1 << 20


def choker(slots: int = 4, seed: int = 1) -> Choker:
    return Choker(UploadLimits(slots=slots), random.Random(seed))


def view(key: int, *, down: float = 0.0, since: float = 0.0, sent: int = 0, **facts) -> ChokeView:
    return ChokeView(
        key=key,
        unchoked=facts.get("unchoked", False),
        snubbed=facts.get("snubbed", False),
        owes=facts.get("owes", False),
        download_rate=down,
        upload_rate=facts.get("up", 100_000.0 if facts.get("unchoked") else 0.0),
        unchoked_since=since,
        uploaded_since_unchoke=sent,
        waiting_since=since,
    )


def apply(peers: list[ChokeView], chosen: list[int], now: float) -> list[ChokeView]:
    """The same peers after the decision was carried out."""
    return [
        peer
        if peer.unchoked == (peer.key in chosen)
        else peer._replace(
            unchoked=peer.key in chosen,
            upload_rate=100_000.0 if peer.key in chosen else 0.0,
            unchoked_since=now,
            waiting_since=now,
            uploaded_since_unchoke=0,
        )
        for peer in peers
    ]


def leech_round(choker: Choker, peers: list[ChokeView], now: float = 0.0) -> list[int]:
    return choker.decide(peers, now, seeding=False, new_round=True)


def seed_round(choker: Choker, peers: list[ChokeView], now: float = 0.0) -> list[int]:
    return choker.decide(peers, now, seeding=True, new_round=True)


def test_nobody_wants_anything():
    assert leech_round(choker(), []) == []


def test_everybody_has_a_slot_while_there_are_enough():
    peers = [view(3), view(1), view(2)]
    assert leech_round(choker(), peers) == [3, 1, 2]
    assert seed_round(choker(), peers) == [3, 1, 2]


def test_without_slots_nobody_is_served():
    assert leech_round(choker(slots=0), [view(1)]) == []


def test_the_best_givers_get_the_regular_slots():
    peers = [view(key, down=key * 1000.0) for key in range(1, 10)]
    chosen = leech_round(choker(), peers)
    assert len(chosen) == 4
    assert {9, 8, 7} < set(chosen)


def test_one_slot_goes_to_a_peer_that_gave_nothing():
    peers = [view(key, down=1000.0) for key in range(1, 9)] + [view(9, since=-50.0)]
    assert 9 in leech_round(choker(), peers)


def test_every_fifth_slot_is_optimistic():
    givers = [view(key, down=1000.0 * key) for key in range(1, 21)]
    poor = [view(key) for key in range(21, 41)]
    newcomers = [peer._replace(waiting_since=-1.0) for peer in poor]
    chosen = leech_round(choker(slots=10), givers + newcomers)
    assert [key for key in chosen if key <= 20] == list(range(13, 21))
    assert len([key for key in chosen if key > 20]) == 2


def test_a_single_slot_is_optimistic_and_goes_round():
    one, peers, served = choker(slots=1), [view(1), view(2), view(3)], []
    for turn in range(3):
        chosen = leech_round(one, peers, now=30.0 * turn)
        peers = apply(peers, chosen, 30.0 * turn)
        served += chosen
    assert sorted(served) == [1, 2, 3]


def test_the_optimistic_slot_lasts_thirty_seconds_and_then_goes_to_the_longest_untried():
    one = choker()
    givers = [view(key, down=9000.0) for key in (1, 2, 3)]
    poor = [view(key, since=float(key)) for key in (10, 11, 12)]
    peers = givers + poor
    served = []
    for now in range(0, 120, 10):
        chosen = leech_round(one, peers, now=float(now))
        peers = apply(peers, chosen, float(now))
        served += [key for key in chosen if key >= 10]
    assert served == [10] * 3 + [11] * 3 + [12] * 3 + [10] * 3


def test_an_optimistic_peer_that_leaves_is_replaced_at_once():
    one = choker()
    givers = [view(key, down=9000.0) for key in (1, 2, 3)]
    assert leech_round(one, [*givers, view(10, since=-2.0), view(11, since=-1.0)]) == [1, 2, 3, 10]
    assert leech_round(one, [*givers, view(11, since=-1.0)], now=10.0) == [1, 2, 3, 11]


def test_an_optimistic_peer_that_turns_out_generous_makes_room_for_another():
    one = choker()
    peers = [view(key, down=1000.0 + key) for key in (1, 2, 3)]
    assert 10 in leech_round(one, [*peers, view(10)])
    peers += [view(10, down=9000.0, unchoked=True), view(11, since=-1.0)]
    assert leech_round(one, peers, now=10.0) == [2, 3, 10, 11]


def test_a_peer_that_snubs_us_gets_no_regular_slot():
    peers = [view(1, snubbed=True, down=9e9), view(2), view(3), view(4, snubbed=True)]
    chosen = leech_round(choker(), peers)
    assert {2, 3} < set(chosen)
    assert len(chosen) == 3


def test_who_takes_and_could_give_but_does_not_gets_no_regular_slot():
    peers = [view(1, owes=True), view(2), view(3), view(4, owes=True)]
    chosen = leech_round(choker(), peers)
    assert {2, 3} < set(chosen)
    assert len(chosen) == 3
    assert seed_round(choker(), peers) == [1, 2, 3, 4]


def test_equal_givers_keep_their_slots():
    one = choker(slots=5)
    peers = [view(key, down=1000.0) for key in range(8)]
    first = leech_round(one, peers)
    peers = apply(peers, first, 0.0)
    assert leech_round(one, peers, now=10.0) == first


def test_a_newly_interested_peer_gets_a_free_slot_at_once():
    peers = [view(1, unchoked=True), view(2)]
    assert choker().decide(peers, 5.0, seeding=False, new_round=False) == [1, 2]
    assert choker().decide(peers, 5.0, seeding=True, new_round=False) == [1, 2]


def test_between_rounds_nobody_loses_a_slot_to_a_better_peer():
    peers = [view(key, unchoked=True) for key in range(4)] + [view(9, down=1e9)]
    assert choker().decide(peers, 5.0, seeding=False, new_round=False) == [0, 1, 2, 3]


def test_between_rounds_a_free_slot_goes_to_the_longest_waiter():
    peers = [view(2, since=4.0), view(3, since=3.0)]
    assert choker(slots=1).decide(peers, 5.0, seeding=True, new_round=False) == [3]


def test_between_rounds_too_many_slots_are_not_a_reason_to_choke():
    peers = [view(key, unchoked=True) for key in range(6)] + [view(9)]
    assert choker().decide(peers, 5.0, seeding=True, new_round=False) == [0, 1, 2, 3, 4, 5]


def seeding_choker() -> Choker:
    """Four slots, of which one is optimistic and busy with peer 100."""
    one = choker()
    one.set_content(MIB, 100_000 * MIB)
    return one


def test_a_seed_lets_peers_finish_their_turn():
    one = seeding_choker()
    served = [
        view(1, unchoked=True, since=0.0, sent=19 * MIB),
        view(2, unchoked=True, since=50.0, sent=900 * MIB),
        view(3, unchoked=True, since=0.0, sent=0),
    ]
    waiting = [view(10, since=-9.0), view(11, since=-5.0)]
    chosen = seed_round(one, served + waiting, now=100.0)
    assert chosen == [1, 2, 3, 10]


def test_an_optimistic_turn_does_not_cut_short_somebody_elses():
    one = seeding_choker()
    peers = [view(key, since=float(key)) for key in range(10)]
    peers = apply(peers, seed_round(one, peers), 10.0)
    assert [peer.key for peer in peers if peer.unchoked] == [0, 1, 2, 3]
    peers[0] = peers[0]._replace(unchoked_since=20.0)
    peers[1] = peers[1]._replace(unchoked_since=20.0)
    assert seed_round(one, peers, now=20.0) == [0, 1, 2, 3]
    assert seed_round(one, peers, now=40.0) == [0, 1, 2, 4]


def test_a_seed_gives_a_finished_turn_to_the_longest_waiter():
    one = seeding_choker()
    served = [
        view(1, unchoked=True, since=0.0, sent=19 * MIB),
        view(2, unchoked=True, since=40.0, sent=20 * MIB),
        view(3, unchoked=True, since=0.0, sent=0),
    ]
    waiting = [view(10, since=-9.0), view(11, since=-5.0), view(12, since=-1.0)]
    chosen = seed_round(one, served + waiting, now=100.0)
    assert chosen == [1, 3, 10, 11]


def test_a_seed_takes_no_slot_away_while_nobody_waits():
    peers = [view(key, unchoked=True, sent=999 * MIB) for key in (1, 2, 3)]
    assert seed_round(seeding_choker(), peers, now=1000.0) == [1, 2, 3]


def test_a_seed_serves_peers_it_would_call_snubbing():
    assert seed_round(choker(), [view(1, snubbed=True)]) == [1]


def test_everybody_is_served_by_a_seed_in_turn():
    one = seeding_choker()
    peers = [view(key) for key in range(20)]
    served = set()
    for now in range(0, 900, 10):
        chosen = seed_round(one, peers, now=float(now))
        assert len(chosen) == 4
        served |= set(chosen)
        peers = [
            peer._replace(uploaded_since_unchoke=peer.uploaded_since_unchoke + 10 * MIB)
            if peer.unchoked
            else peer
            for peer in apply(peers, chosen, float(now))
        ]
    assert served == set(range(20))


def test_peers_that_left_are_forgotten():
    one = choker(slots=1)
    for key in range(100):
        leech_round(one, [view(key, unchoked=True, up=0.0, since=-10.0)], now=30.0 * key)
        one.left(key)
    assert not one._tried
    assert not one._slow


def test_the_same_dice_make_the_same_choice():
    peers = [view(key) for key in range(50)]
    assert leech_round(choker(seed=3), peers) == leech_round(choker(seed=3), peers)


# --- the slow ------------------------------------------------------------------------------


def serve(
    one: Choker, rates: dict[int, float], seconds: int, *, seeding: bool = True
) -> dict[int, int]:
    """Hold rounds; how many seconds each peer had a slot. All come at once, in order."""
    peers = [view(key, since=key / 1000) for key in rates]
    served = dict.fromkeys(rates, 0)
    for now in range(0, seconds, 10):
        chosen = one.decide(peers, float(now), seeding=seeding, new_round=True)
        peers = apply(peers, chosen, float(now))
        for index, peer in enumerate(peers):
            if peer.unchoked:
                got = rates[peer.key]
                served[peer.key] += 10
                sent = peer.uploaded_since_unchoke + int(got * 10)
                peers[index] = peer._replace(upload_rate=got, uploaded_since_unchoke=sent)
    return served


def test_sixty_slow_readers_do_not_keep_out_a_good_peer():
    rates = {**dict.fromkeys(range(60), 500.0), 99: 1e6}
    served = serve(choker(slots=8), rates, 600)
    assert served[99] >= 500


def test_who_is_slow_beside_what_the_line_carries_waits_for_whoever_is_not():
    rates = {**dict.fromkeys(range(4), 1e6), **dict.fromkeys(range(10, 16), 10_000.0)}
    one = choker(slots=4)
    one.set_content(MIB, 100_000 * MIB)
    served = serve(one, rates, 1200)
    assert min(served[key] for key in range(4)) > 2 * max(served[key] for key in range(10, 16))


def test_the_slow_have_the_slots_that_nobody_else_wants():
    one = choker(slots=4)
    peers = [view(key, unchoked=True, up=100.0, since=-50.0) for key in range(3)]
    assert seed_round(one, peers) == [0, 1, 2]
    assert seed_round(one, peers, now=10.0) == [0, 1, 2]


def test_the_slow_take_turns_among_themselves():
    served = serve(choker(slots=4), dict.fromkeys(range(8), 500.0), 1800)
    assert min(served.values()) > 300


def test_who_is_not_slow_any_more_is_no_longer_treated_so():
    one = choker(slots=2)
    seed_round(one, [view(1, unchoked=True, up=0.0, since=-50.0)])
    assert 1 in one._slow
    seed_round(one, [view(1, unchoked=True, up=5000.0, since=-50.0)], now=10.0)
    assert not one._slow


def test_a_slot_that_was_not_held_all_the_round_is_not_judged():
    one = choker(slots=2)
    seed_round(one, [view(1, unchoked=True, up=0.0, since=95.0)], now=100.0)
    assert not one._slow


def test_a_turn_lasts_five_minutes_at_most():
    served = [view(key, unchoked=True, up=50_000.0, sent=MIB, since=float(key)) for key in (1, 2)]
    waiting = [view(10, since=280.0), view(11, since=290.0)]
    assert seed_round(seeding_choker(), served + waiting, now=300.0) == [1, 2, 10, 11]
    chosen = seed_round(choker(slots=3), served + waiting, now=301.5)
    assert chosen == [2, 10, 11]


def test_nobody_gets_more_than_a_sixteenth_of_a_small_torrent_in_one_turn():
    one = choker(slots=3)
    one.set_content(MIB, 32 * MIB)
    served = [view(1, unchoked=True, sent=2 * MIB), view(2, unchoked=True, sent=2 * MIB - 1)]
    assert seed_round(one, [*served, view(10, since=-2.0), view(11, since=-1.0)], 10.0) == [
        2,
        10,
        11,
    ]


def test_leechers_that_give_nothing_take_turns_too():
    served = serve(choker(slots=4), dict.fromkeys(range(12), 100_000.0), 3600, seeding=False)
    assert min(served.values()) > 600


# --- how many ------------------------------------------------------------------------------


def test_without_a_number_the_slots_grow_with_what_they_carry():
    one = Choker(UploadLimits(), random.Random(1))
    rates = dict.fromkeys(range(60), 100_000.0)
    serve(one, rates, 200)
    assert one.slots > 30
    slow = Choker(UploadLimits(), random.Random(1))
    serve(slow, dict.fromkeys(range(60), 2000.0), 200)
    assert slow.slots == 8


def test_a_small_torrent_has_few_slots_while_more_would_carry_no_more():
    one = Choker(UploadLimits(), random.Random(1))
    one.set_content(MIB, 100 * MIB)
    assert one.slots == 4
    serve(one, dict.fromkeys(range(60), 100_000.0), 200)
    assert one.slots > 8


def test_when_the_slots_become_fewer_the_optimistic_ones_do_too():
    one = Choker(UploadLimits(slots_min=5), random.Random(1))
    peers = [view(key, unchoked=True, up=1e6, since=float(key)) for key in range(40)]
    assert len(seed_round(one, peers)) == 40
    slow = [peer._replace(upload_rate=2000.0) for peer in peers]
    assert len(seed_round(one, slow, now=10.0)) == 5


@pytest.mark.parametrize(("optimistic", "poor"), [(0, 0), (1, 1), (3, 3), (9, 4)])
def test_the_number_of_optimistic_slots_can_be_given(optimistic, poor):
    limits = UploadLimits(slots=4, optimistic_slots=optimistic)
    peers = [view(key, down=1000.0 * key) for key in range(1, 9)]
    peers += [view(key, since=-50.0) for key in range(21, 29)]
    chosen = leech_round(Choker(limits, random.Random(1)), peers)
    assert len(chosen) == 4
    assert sum(key > 20 for key in chosen) == poor
