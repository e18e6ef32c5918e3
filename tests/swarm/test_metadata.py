import hashlib

import pytest

from raincore.base.config import PeerLimits
from raincore.base.errors import FormatError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.formats.info import Info
from raincore.policy.metadata_attempts import ATTEMPTS_MAX
from raincore.policy.metadata_tally import Cause
from raincore.swarm.commands import (
    CheckContent,
    Command,
    DropSources,
    FetchSource,
    Finish,
    Say,
)
from raincore.swarm.events import (
    Event,
    Heard,
    PeerKey,
    PeerLeft,
    SourceFailed,
    SourceFetched,
    Started,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Goal, Limits
from raincore.wire import messages as m
from raincore.wire.extension import ExtendedHandshake
from raincore.wire.ut_metadata import (
    METADATA_PIECE,
    MetadataData,
    MetadataReject,
    MetadataRequest,
)
from tests.playbook import Playbook
from tests.swarm.swarm_world import config, info_of, joined, machine_of, peer_id, ready_machine

A, B, C = PeerKey(1), PeerKey(2), PeerKey(3)
BIG = info_of(5000)
"""Its info dictionary has seven parts."""
PARTS = -(-len(BIG.raw) // METADATA_PIECE)


class Talk(Playbook):
    """A playbook in which only what concerns metadata is looked at."""

    def __init__(self, machine: TorrentMachine) -> None:
        super().__init__(machine)
        self.asked: dict[PeerKey, list[int]] = {A: [], B: [], C: []}
        self.others: list[Command] = []
        self(Started())

    def __call__(self, event: Event) -> None:
        """Feed an event and note who is asked for which part."""
        self >> event
        self.look()

    def look(self) -> None:
        for command in self.skip():
            if isinstance(command, Say):
                self.asked[command.peer] += [
                    said.piece for said in command.messages if isinstance(said, MetadataRequest)
                ]
            else:
                self.others.append(command)

    def come(self, key: PeerKey, size: int = len(BIG.raw)) -> None:
        """A peer joins that claims metadata of a size."""
        self(joined(key, extended=True, fast=False))
        self(Heard(key, (ExtendedHandshake({"ut_metadata": 3}, metadata_size=size),), 0, 0))

    def give(self, key: PeerKey, *parts: int, info: Info = BIG, lie: bool = False) -> None:
        """A peer sends parts, each in a read of its own."""
        for part in parts:
            self.asked[key].remove(part)
            raw = bytes(len(info.raw)) if lie else info.raw
            data = raw[part * METADATA_PIECE :][:METADATA_PIECE]
            self(Heard(key, (MetadataData(part, len(raw), data),), 0, 0))

    def give_all(self, key: PeerKey, *, lie: bool = False) -> None:
        """A peer answers until it is asked for nothing more."""
        while self.asked[key]:
            self.give(key, self.asked[key][0], lie=lie)

    def reasons(self) -> list[str | None]:
        """Why connections have been ended."""
        return [getattr(command, "reason", None) for command in self.others]


def talk(**limits: float) -> Talk:
    peers = PeerLimits(**limits)  # type: ignore[arg-type]
    return Talk(machine_of(magnet=BIG, settings=config(peers=peers)))


# --- getting it ----------------------------------------------------------------------------


def test_metadata_from_one_peer_leads_to_the_check_of_the_content() -> None:
    t = talk()
    t.come(A)
    assert t.asked[A] == [0, 1, 2, 3]
    t.give_all(A)
    assert t.others == [CheckContent(BIG)]
    assert t.machine.state.info == BIG


def test_metadata_is_fetched_from_several_peers_in_parallel() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    assert t.asked == {A: [0, 1, 2, 3], B: [4, 5, 6], C: []}
    t.give(B, 4, 5, 6)
    t.give_all(A)
    assert t.others == [CheckContent(BIG)]


def test_the_goal_of_a_magnet_resolver_is_the_metadata() -> None:
    t = Talk(machine_of(magnet=BIG, goal=Goal.METADATA))
    t.come(A)
    t.give_all(A)
    assert t.others[-1] == Finish(None)
    assert t.machine.state.reached_goal


def test_what_else_came_with_the_last_part_is_not_answered_after_finish() -> None:
    info = info_of()
    t = Talk(machine_of(magnet=info, goal=Goal.METADATA))
    t.come(A, len(info.raw))
    last = MetadataData(0, len(info.raw), info.raw)
    t(Heard(A, (last, MetadataRequest(0), m.Interested()), 0, 0))
    assert t.others[-1] == Finish(None)


@pytest.mark.parametrize(
    "handshake",
    [
        ExtendedHandshake({"ut_metadata": 3}),
        ExtendedHandshake({"ut_pex": 1}, metadata_size=100),
        ExtendedHandshake({"ut_metadata": 3}, metadata_size=40 << 20),
    ],
    ids=["no size", "no extension", "too large"],
)
def test_a_peer_without_usable_metadata_is_not_asked(handshake: ExtendedHandshake) -> None:
    t = talk()
    t(joined(1, extended=True))
    t(Heard(A, (handshake,), 0, 0))
    assert t.asked[A] == []


def test_the_first_size_that_a_peer_claims_is_the_one_that_counts() -> None:
    t = talk()
    t.come(A)
    t(Heard(A, (ExtendedHandshake({"ut_metadata": 3}, metadata_size=77),), 0, 0))
    assert t.machine.state.peers[A].metadata_size == len(BIG.raw)


def test_nobody_is_asked_for_metadata_that_is_known() -> None:
    with Playbook(ready_machine()) as p:
        p >> joined(1)
        p.skip()
        p >> Heard(A, (ExtendedHandshake({"ut_metadata": 3}, metadata_size=77),), 0, 0)


def test_a_peer_that_rejects_is_asked_no_more_and_the_others_get_its_parts() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    t(Heard(A, (MetadataReject(0),), 0, 0))
    t.asked[A].clear()
    t.give_all(B)
    assert t.asked[A] == []
    assert t.others == [CheckContent(BIG)]


def test_a_part_of_a_wrong_length_counts_as_a_reject() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    t.give(B, 4, 5)
    t(Heard(A, (MetadataData(0, len(BIG.raw), b"short"),), 0, 0))
    assert 0 in t.asked[B]


def test_the_parts_of_a_peer_that_left_are_asked_of_the_others() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    t(PeerLeft(A, "closed_by_peer"))
    t.give_all(B)
    assert t.others == [CheckContent(BIG)]


def test_a_silent_peer_loses_its_parts_to_the_others_and_rests() -> None:
    t = talk(idle_timeout_seconds=1e6, keep_alive_seconds=1e6)
    t.come(A)
    t.wait(15)
    t.come(B)
    t.give(B, 4, 5, 6)
    assert t.asked[B] == [0], "idle: one that the other owes"
    t.asked[A].clear()
    t.wait(6)
    t.look()
    assert t.asked == {A: [], B: [0, 1, 2, 3], C: []}
    t.wait(30)
    t.look()
    assert t.asked[A] != [], "asked again, the other being silent by now"
    t.give_all(B)


def test_a_peer_that_keeps_giving_is_not_silent() -> None:
    t = talk()
    t.come(A)
    for part in range(PARTS - 1):
        t.wait(15)
        t.look()
        t.give(A, part)
    assert t.asked[A] == [PARTS - 1]
    t.give_all(A)
    assert t.machine.state.timers.metadata > 1e9


def test_a_liar_that_sent_it_all_is_banned_and_another_asked() -> None:
    t = talk()
    t.come(A)
    t.give_all(A, lie=True)
    assert t.reasons() == ["sent_bad_metadata"]
    t(PeerLeft(A, "sent_bad_metadata"))
    t.come(B)
    t.give_all(B)
    assert t.others[-1] == CheckContent(BIG)
    warnings = [record.code for record in t.records if isinstance(record, records.Warning)]
    assert warnings == ["metadata_mismatch", "banned"]


def test_of_several_senders_the_liar_is_found_by_whole_copies() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    t.give(B, 4, 5, 6, lie=True)
    t.asked[B].clear()  # parts that it would have doubled
    t.give(A, 0, 1, 2, 3)
    assert t.others == [], "either may have lied"
    assert t.asked[A]
    assert t.asked[B]
    t.give_all(B, lie=True)
    assert t.reasons() == ["sent_bad_metadata"]
    t(PeerLeft(B, "sent_bad_metadata"))
    t.give_all(A)
    assert t.others[-1] == CheckContent(BIG)
    assert list(t.machine.state.banned) == [("10.0.0.3", peer_id(2))]


def test_what_nobody_asked_for_is_ignored() -> None:
    t = talk()
    t(joined(1, extended=True))
    t(Heard(A, (MetadataData(0, 5, b"12345"), MetadataReject(0)), 0, 0))
    assert t.asked[A] == []


def test_more_sizes_than_are_believed_at_once_wait_for_their_turn() -> None:
    t = talk(idle_timeout_seconds=1e6, keep_alive_seconds=1e6)
    keys = [PeerKey(key) for key in range(1, ATTEMPTS_MAX + 1)]
    late = PeerKey(ATTEMPTS_MAX + 1)
    t.asked.update({key: [] for key in [*keys, late]})
    for key in keys:
        t.come(key, 100 + int(key))
    t.come(late, 1000)
    assert t.asked[late] == []
    assert "claims metadata" in t.machine.state.last_failure
    t(Heard(late, (MetadataData(0, 1000, bytes(1000)), MetadataReject(0)), 0, 0))
    t.wait(30)
    t.look()
    assert t.asked[late] == [0], "the others have kept silent"


def test_bytes_that_match_but_are_no_torrent_end_it() -> None:
    raw = b"de"
    hashes = InfoHashes(InfoHash(hashlib.sha1(raw).digest()))
    t = Talk(machine_of(hashes=hashes, magnet=BIG))
    t.come(A, len(raw))
    t(Heard(A, (MetadataData(0, 2, raw),), 0, 0))
    finish = t.others[-1]
    assert isinstance(finish, Finish)
    assert isinstance(finish.error, FormatError)


def test_the_metadata_of_a_v2_torrent_must_fit_all_of_its_hash() -> None:
    hashes = InfoHashes(None, InfoHashV2(hashlib.sha256(BIG.raw).digest()))
    t = Talk(machine_of(hashes=hashes, magnet=BIG, goal=Goal.METADATA))
    t.come(A)
    t.give_all(A)
    assert t.others[-1] == Finish(None)
    near = InfoHashes(None, InfoHashV2(hashes.swarm + bytes(12)))
    t = Talk(machine_of(hashes=near, magnet=BIG, goal=Goal.METADATA))
    t.come(A)
    t.give_all(A)
    assert t.reasons() == ["sent_bad_metadata"]


# --- why there is none ---------------------------------------------------------------------


def causes(t: Talk) -> dict[Cause, int]:
    return dict(t.machine.state.lookup.tally.counts())


def test_what_became_of_each_peer_is_counted() -> None:
    t = talk()
    t(joined(1))
    t.come(B, 0)
    assert causes(t) == {Cause.NO_METADATA: 2}
    t.come(C)
    assert causes(t)[Cause.WAITING] == 1
    t(Heard(C, (MetadataReject(0),), 0, 0))
    assert causes(t) == {Cause.NO_METADATA: 2, Cause.REFUSED: 1}
    t(PeerLeft(C, "closed_by_peer"))
    assert causes(t)[Cause.REFUSED] == 1


def test_who_hangs_up_or_lies_is_counted() -> None:
    t = talk()
    t.come(A)
    t(PeerLeft(A, "closed_by_peer"))
    t.come(B, 50 << 20)
    assert causes(t) == {Cause.HUNG_UP: 1, Cause.BAD: 1}
    t.come(C)
    t(Heard(C, (MetadataData(0, len(BIG.raw), b"short"),), 0, 0))
    assert causes(t) == {Cause.HUNG_UP: 1, Cause.BAD: 2}


def test_who_is_silent_is_counted() -> None:
    t = talk(idle_timeout_seconds=1e6, keep_alive_seconds=1e6)
    t.come(A)
    t.wait(30)
    t.look()
    assert causes(t) == {Cause.SILENT: 1}


def test_copies_that_do_not_fit_are_counted_and_the_liar_too() -> None:
    t = talk()
    t.come(A)
    t.give_all(A, lie=True)
    assert t.machine.state.lookup.tally.bad_copies == 1
    assert causes(t) == {Cause.BAD: 1}


# --- elsewhere than at peers ---------------------------------------------------------------

HERE, THERE = "http://a.example/1.torrent", "http://a.example/2.torrent"


def with_sources(*sources: str, **more: object) -> Talk:
    return Talk(machine_of(magnet=BIG, sources=sources, **more))  # type: ignore[arg-type]


def test_a_source_that_gives_the_right_torrent_wins_and_the_others_are_dropped() -> None:
    t = with_sources(HERE, THERE)
    assert t.others == [FetchSource(HERE), FetchSource(THERE)]
    t(SourceFetched(THERE, BIG.raw))
    assert t.others[2:] == [DropSources(), CheckContent(BIG)]
    assert t.machine.state.info == BIG


def test_what_comes_after_the_right_torrent_changes_nothing() -> None:
    t = with_sources(HERE, THERE)
    t(SourceFetched(THERE, BIG.raw))
    told = list(t.others)
    t(SourceFetched(HERE, b"de"))
    t(SourceFailed(HERE, "cancelled"))
    assert t.others == told


def test_when_peers_are_faster_the_sources_are_dropped() -> None:
    t = with_sources(HERE)
    t.come(A)
    t.give_all(A)
    assert t.others[1:] == [DropSources(), CheckContent(BIG)]


def test_a_source_that_gives_another_torrent_is_one_warning_that_names_it() -> None:
    t = with_sources(HERE)
    t(SourceFetched(HERE, b"de"))
    (warning,) = (record for record in t.records if isinstance(record, records.Warning))
    assert warning.code == "source_mismatch"
    assert HERE in warning.message
    assert t.machine.state.lookup.sources.failures == {HERE: "gives another torrent"}


def test_while_a_source_may_help_the_torrent_does_not_give_up() -> None:
    t = with_sources(HERE, THERE, limits=Limits())
    t(SourceFailed(HERE, "not found"))
    assert t.others[-1] == FetchSource(THERE)
    t(SourceFailed(THERE, "no answer"))
    finish = t.others[-1]
    assert isinstance(finish, Finish)
    assert str(finish.error) == f"no peer is known; {HERE}: not found; {THERE}: no answer"


def test_a_wrong_torrent_from_the_last_source_is_the_end_too() -> None:
    t = with_sources(HERE, limits=Limits())
    t(SourceFetched(HERE, b"de"))
    assert isinstance(t.others[-1], Finish)


# --- giving it -----------------------------------------------------------------------------


def test_we_give_our_metadata_part_by_part() -> None:
    with Playbook(ready_machine(BIG)) as p:
        p >> joined(1, extended=True)
        p.skip()
        last = BIG.raw[(PARTS - 1) * METADATA_PIECE :]
        part = MetadataData(PARTS - 1, len(BIG.raw), last)
        p >> Heard(A, (MetadataRequest(PARTS - 1),), 0, 0) << Say(A, (part,))


def test_we_reject_parts_that_do_not_exist_and_all_while_we_have_none() -> None:
    with Playbook(ready_machine(BIG)) as p:
        p >> joined(1, extended=True)
        p.skip()
        refusal = Say(A, (MetadataReject(PARTS),))
        p >> Heard(A, (MetadataRequest(PARTS),), 0, 0) << refusal
    t = talk()
    t(joined(1, extended=True))
    t >> Heard(A, (MetadataRequest(0),), 0, 0) << Say(A, (MetadataReject(0),))


def test_the_metadata_of_a_private_torrent_is_not_given() -> None:
    with Playbook(ready_machine(info_of(private=True))) as p:
        p >> joined(1, extended=True)
        said = [m for command in p.skip() if isinstance(command, Say) for m in command.messages]
        assert [m.metadata_size for m in said if isinstance(m, ExtendedHandshake)] == [None]
        p >> Heard(A, (MetadataRequest(0),), 0, 0) << Say(A, (MetadataReject(0),))


def test_we_give_three_copies_to_one_peer_and_no_more() -> None:
    with Playbook(ready_machine(info_of())) as p:
        p >> joined(1, extended=True)
        p.skip()
        p >> Heard(A, (MetadataRequest(0),) * 4, 0, 0)
        (said,) = p.skip()
        assert isinstance(said, Say)
        assert [type(message) for message in said.messages] == [MetadataData] * 3 + [MetadataReject]


def test_who_leaves_after_the_metadata_is_known_owes_none() -> None:
    t = talk()
    t.come(A)
    t.come(B)
    t.give_all(A)
    t(PeerLeft(B, "closed_by_peer"))
    assert t.others == [CheckContent(BIG)]


def test_a_part_that_comes_again_and_a_reject_of_what_is_not_owed_change_nothing() -> None:
    t = talk()
    t.come(A)
    t.give(A, 0)
    asked = list(t.asked[A])
    again = MetadataData(0, len(BIG.raw), BIG.raw[:METADATA_PIECE])
    t(Heard(A, (again, MetadataReject(0)), 0, 0))
    assert t.asked[A] == asked
    assert t.machine.state.last_failure == ""


# --- few at once ---------------------------------------------------------------------------


def busy(t: Talk) -> list[PeerKey]:
    return [key for key in (A, B, C) if t.asked[key]]


def test_so_many_peers_are_asked_at_once_as_settings_say() -> None:
    t = talk(metadata_downloads=2)
    for key in (A, B, C):
        t.come(key)
    assert busy(t) == [A, B]
    t(PeerLeft(A, "closed_by_peer"))
    assert t.asked[C]


def test_who_takes_long_for_a_part_is_joined_by_another() -> None:
    t = talk(metadata_downloads=1, idle_timeout_seconds=1e6)
    t.come(A)
    t.come(B)
    assert busy(t) == [A]
    t.wait(2.0)
    t.look()
    assert busy(t) == [A, B]
    assert not t.reasons()


def test_who_claims_more_than_settings_allow_is_not_asked() -> None:
    for most, asked in ((len(BIG.raw), True), (len(BIG.raw) - 1, False)):
        t = talk(max_metadata_length=most)
        t.come(A)
        assert bool(t.asked[A]) is asked
