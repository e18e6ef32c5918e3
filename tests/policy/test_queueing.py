"""So many of each kind may be active; who is active stays, then the oldest come."""

from raincore.policy.queueing import Kind, Waiting, choose


def waiting(text: str) -> list[Waiting]:
    """ "d" downloads, "s" seeds, "c" is checked; capitals are active; ids are places."""
    kinds = {"d": Kind.DOWNLOAD, "s": Kind.SEED, "c": Kind.CHECK}
    return [Waiting(str(n), kinds[c.lower()], c.isupper()) for n, c in enumerate(text)]


def chosen(text: str, **limits: int) -> str:
    found = choose(waiting(text), {Kind(name): limit for name, limit in limits.items()})
    return "".join(sorted(found))


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
