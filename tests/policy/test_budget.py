"""While there is enough anybody takes; when there is not, nobody has more than its part for long."""

import random

import pytest

from raincore.policy.budget import Budget, Resources, Share


def shares(total, count):
    budget = Budget(total)
    return budget, [Share(budget) for _ in range(count)]


def take(share, count=1):
    """Take more if that is allowed."""
    if share.allows(share.used + count):
        share.use(share.used + count)
        return True
    return False


def test_without_a_limit_everything_is_allowed():
    share = Share(Budget())
    assert share.allows(10**9)
    assert share.excess == 0


def test_who_is_alone_may_have_all_and_no_more():
    budget, (one,) = shares(10, 1)
    assert all(take(one) for _ in range(10))
    assert not take(one)
    assert budget.used == 10
    one.use(4)
    assert take(one)


def test_what_is_left_goes_to_whoever_has_less_than_its_part():
    budget, (big, small) = shares(10, 2)
    assert all(take(big) for _ in range(10))
    assert not take(small)
    big.use(9)
    assert not take(big), "somebody waits who has less"
    assert take(small)
    assert budget.used == 10


def test_who_has_too_much_gives_up_as_much_as_others_lack():
    _, (big, small, other) = shares(10, 3)
    assert all(take(big) for _ in range(10))
    assert big.excess == 0, "nobody lacks anything"
    assert not take(small, 2)
    assert big.excess == 2
    big.use(8)
    assert big.excess == 0
    assert take(small, 2)
    assert not take(other)
    assert big.excess == 1
    assert small.excess == 0, "it has less than its part itself"
    other.want_no_more()
    assert big.excess == 0


def test_nobody_is_pushed_below_its_part():
    _, (big, small) = shares(10, 2)
    assert all(take(big) for _ in range(10))
    assert not take(small, 9)
    assert big.excess == 5


def test_an_equal_part_is_of_those_who_take_part():
    budget, (one, two, three) = shares(12, 3)
    one.use(1)
    assert budget.part == 12
    two.use(1)
    assert budget.part == 6
    two.use(0)
    three.want_no_more()
    assert budget.part == 12


def test_some_of_it_may_be_granted_in_any_case():
    _, (one, two) = shares(10, 2)
    one.use(10)
    assert not two.allows(3, granted=2)
    assert two.allows(2, granted=2)
    two.use(2)
    assert not two.allows(3, granted=2)


def test_being_allowed_ends_the_waiting():
    budget, (one, two) = shares(4, 2)
    one.use(4)
    assert not take(two)
    assert budget.wanted == 1
    one.use(2)
    assert two.allows(1)
    assert budget.wanted == 0
    assert two not in budget.shares


def test_who_is_over_gives_everything_back():
    resources = Resources(Budget(5), Budget(5), Budget(5))
    lent = resources.lend()
    for share in (lent.connections, lent.half_open, lent.memory):
        share.use(5)
        assert not share.allows(6)
    lent.give_all_back()
    for budget in (resources.connections, resources.half_open, resources.memory):
        assert budget.used == 0
        assert not budget.shares


@pytest.mark.parametrize("count", [2, 5, 9])
def test_in_the_long_run_everybody_has_its_part(seed, count):
    rng = random.Random(seed)
    budget, members = shares(100, count)
    for _ in range(2000):
        share = rng.choice(members)
        take(share)
        share.use(share.used - share.excess)
        assert budget.used <= 100
    assert all(abs(share.used - 100 // count) <= 1 for share in members)
