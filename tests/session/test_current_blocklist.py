"""Lists that come, are replaced and go while addresses are looked up."""

from raincore.base.endpoint import Endpoint
from raincore.formats.blocklist import Blocklist, pack_v4
from raincore.session.current_blocklist import CurrentBlocklist


def of(number):
    return Blocklist([pack_v4(number, number)])


ONE, TWO = (Endpoint(f"0.0.0.{number}", 1) for number in (1, 2))


def test_nobody_is_blocked_at_first():
    current = CurrentBlocklist()
    assert not current.blocks(ONE)
    assert len(current) == 0
    assert current.age_seconds(5) is None


def test_any_list_blocks_and_the_newest_of_a_name_counts():
    current = CurrentBlocklist()
    current.put("file", of(1))
    current.put("url", of(2))
    assert (current.blocks(ONE), current.blocks(TWO), len(current)) == (True, True, 2)
    current.put("file", of(2))
    assert (current.blocks(ONE), current.blocks(TWO)) == (False, True)
    current.drop("url")
    current.drop("url")
    assert len(current) == 1


def test_the_age_is_that_of_the_newest():
    current = CurrentBlocklist()
    current.put("given", of(1))
    assert current.age_seconds(100) is None
    current.put("url", of(1), 40)
    current.put("file", of(1), 10)
    assert current.age_seconds(100) == 60
    assert current.age_seconds(30) == 0
