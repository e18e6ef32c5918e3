from raincore.dht.errands import FindNodes
from raincore.dht.search import Search
from raincore.dht.searches import Searches
from tests.dht.desk import Desk
from tests.dht.places import node_id


def waiting(count: int, at_once: int = 2) -> Searches:
    searches = Searches(Desk(), at_once)
    for handle in range(1, count + 1):
        searches.add(handle, FindNodes(node_id(f"{handle:02x}")))
    return searches


def begun(searches: Searches) -> list[Search]:
    found = []
    while (search := searches.next()) is not None:
        found.append(search)
    return found


def test_only_so_many_run_at_once_in_the_order_of_asking() -> None:
    searches = waiting(5)
    assert [search.handle for search in begun(searches)] == [1, 2]
    assert len(searches) == 5


def test_the_next_begins_when_one_has_ended() -> None:
    searches = waiting(3)
    first, _ = begun(searches)
    searches.ended(first)
    assert [search.handle for search in begun(searches)] == [3]


def test_a_waiting_one_can_be_cancelled_before_it_begins() -> None:
    searches = waiting(3)
    begun(searches)
    searches.cancel(3)
    assert len(searches) == 2


def test_a_running_one_is_told_and_makes_room() -> None:
    searches = waiting(3)
    first, _ = begun(searches)
    searches.cancel(1)
    assert first.is_cancelled
    assert [search.handle for search in begun(searches)] == [3]
    searches.cancel(1)


def test_searches_of_others_do_not_matter() -> None:
    searches = waiting(2)
    begun(searches)
    searches.ended(Search(Desk(), None, FindNodes(node_id("aa"))))
    assert len(searches) == 2
