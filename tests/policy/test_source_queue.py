from raincore.policy.source_queue import AT_ONCE, SourceQueue


def taken(queue: SourceQueue) -> list[str]:
    found = []
    while (source := queue.take()) is not None:
        found.append(source)
    return found


def test_sources_are_asked_in_order_a_few_at_a_time() -> None:
    queue = SourceQueue("abcdef")
    assert taken(queue) == list("abcdef"[:AT_ONCE])
    queue.failed("b", "gone")
    assert taken(queue) == ["abcdef"[AT_ONCE]]


def test_each_is_asked_once() -> None:
    queue = SourceQueue("aba")
    assert taken(queue) == ["a", "b"]
    queue.failed("a", "gone")
    assert taken(queue) == []


def test_failures_are_kept_with_their_reason() -> None:
    queue = SourceQueue("ab")
    taken(queue)
    queue.failed("b", "gone")
    queue.failed("a", "silent")
    assert queue.failures == {"b": "gone", "a": "silent"}
    assert queue.tried == 2
    assert queue.asked == ()


def test_those_that_have_not_answered_are_known() -> None:
    queue = SourceQueue("ab")
    taken(queue)
    queue.failed("a", "gone")
    assert queue.asked == ("b",)
    assert queue.tried == 2


def test_nothing_helps_when_all_have_failed() -> None:
    queue = SourceQueue("a")
    assert queue.may_help
    taken(queue)
    assert queue.may_help
    queue.failed("a", "gone")
    assert not queue.may_help


def test_no_source_may_not_help() -> None:
    assert not SourceQueue().may_help


def test_dropped_sources_are_neither_asked_nor_blamed() -> None:
    queue = SourceQueue("abcdef")
    taken(queue)
    assert queue.drop()
    queue.failed("a", "cancelled")
    assert (taken(queue), queue.failures, queue.may_help) == ([], {}, False)
    assert not queue.drop()
