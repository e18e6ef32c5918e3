import random

import pytest

from raincore.policy.announce_schedule import AnnounceSchedule
from raincore.swarm.tracker_state import TrackerState


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://t.example/secret/announce?key=1", "t.example"),
        ("http://me:secret@t.example:80/", "t.example:80"),
        ("udp://[2001:db8::1]:6969", "[2001:db8::1]:6969"),
        ("http://[no end", "http://[no end"),
        ("http://a\x1bb/", "a�b"),
    ],
)
def test_a_tracker_is_named_without_the_key_of_its_user(url: str, place: str) -> None:
    schedule = AnnounceSchedule(random.Random(1), complete=False)
    assert TrackerState(url, schedule).place == place
