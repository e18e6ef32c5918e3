"""So many of each kind may be active; who is active stays, then the oldest come."""

import random

import pytest

from raincore.policy.queueing import Kind, Places, Waiting

KINDS = {"d": Kind.DOWNLOAD, "s": Kind.SEED, "c": Kind.CHECK}


def waiting(text: str) -> list[Waiting]:
    """ "d" downloads, "s" seeds, "c" is checked; capitals are active; ids are places."""
    return [Waiting(str(n), KINDS[c.lower()], c.isupper()) for n, c in enumerate(text)]


def choose(torrents: list[Waiting], limits: dict[Kind, int]) -> set[str]:
    """The plain version, which looks at all of them."""
    chosen: set[str] = set()
    count = dict.fromkeys(Kind, 0)
    for torrent in [one for one in torrents if one.active] + [
        one for one in torrents if not one.active
    ]:
        limit = limits.get(torrent.kind, 0)
        if not limit or count[torrent.kind] < limit:
            count[torrent.kind] += 1
            chosen.add(torrent.id)
    return chosen


def places_of(text: str, **limits: int) -> Places:
    found = Places({Kind(name): limit for name, limit in limits.items()})
    for age, one in enumerate(waiting(text)):
        found.put(one, age)
    return found


def chosen(text: str, **limits: int) -> str:
    return "".join(sorted(places_of(text, **limits).chosen))


def test_without_limits_everybody_is_active():
    assert chosen("dsc") == "012"
    assert chosen("dsc", download=0) == "012"


def test_the_oldest_go_first():
    assert chosen("ddd", download=2) == "01"


def test_who_is_active_stays():
    assert chosen("ddDd", download=1) == "2"
    assert chosen("ddDd", download=2) == "02"


def test_more_active_ones_than_places_lose_the_youngest():
    assert chosen("DDD", download=1) == "0"


def test_kinds_do_not_wait_for_each_other():
    assert chosen("dsddscc", download=1, seed=1, check=1) == "015"


def test_a_place_that_is_freed_goes_to_the_next_and_both_are_news():
    places = places_of("DDdd", download=2)
    assert sorted(places.news()) == ["0", "1"]
    places.drop("0")
    assert places.news() == ["0", "2"]
    assert sorted(places.chosen) == ["1", "2"]
    places.drop("0")
    places.put(Waiting("1", Kind.DOWNLOAD, True), 1)
    assert places.news() == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_changes_it_is_as_if_all_were_chosen_anew(seed: int):
    rng = random.Random(seed)
    limits = {kind: rng.randrange(4) for kind in Kind}
    places, known, last = Places(limits), {}, set()
    for _ in range(300):
        age = rng.randrange(12)
        if rng.random() < 0.3:
            known.pop(age, None)
            places.drop(str(age))
        else:
            known[age] = Waiting(str(age), rng.choice(list(Kind)), rng.random() < 0.5)
            places.put(known[age], age)
        expected = choose([known[age] for age in sorted(known)], limits)
        assert set(places.chosen) == expected
        assert expected ^ last <= set(places.news())
        last = expected


class Counted(int):
    """An age that counts how often it is compared."""

    compared = 0

    def __lt__(self, other):
        Counted.compared += 1
        return int(self) < int(other)

    def __eq__(self, other):
        Counted.compared += 1
        return int(self) == int(other)

    __hash__ = int.__hash__


def test_a_place_that_is_freed_is_given_away_without_looking_at_all_who_wait():
    places = Places({Kind.SEED: 10})
    for number in range(4096):
        places.put(Waiting(f"{number:04}", Kind.SEED, number < 10), Counted(number))
    Counted.compared = 0
    places.drop("0003")
    places.put(Waiting("0003", Kind.SEED, False), Counted(5000))
    assert Counted.compared < 6 * 12  # a few bisections of 4,096
    assert "0010" in places.chosen
