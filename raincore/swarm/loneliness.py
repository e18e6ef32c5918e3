"""Why there is no peer: nobody is known, nobody answers, nobody stays, or nobody may."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from raincore.documents.events import Explanation
from raincore.swarm import tracker_state

if TYPE_CHECKING:
    from raincore.policy.setbacks import Group
    from raincore.swarm.state import TorrentState

__all__ = ["LEFT", "causes"]

LEFT = "left: "
"""What the setback of a peer begins with that was here."""

NAMED = 3


def causes(state: TorrentState) -> list[Explanation]:
    """Say why nobody is connected; at least one reason, if there is no web seed either."""
    found = _addresses(state)
    if blocked := state.candidates.refusals.blocked:
        text = "1 address is" if blocked == 1 else f"{blocked} addresses are"
        found.append(
            Explanation(
                info_hash=state.info_hash,
                cause="blocked",
                evidence=f"{text} blocked by the blocklist",
                remedy="give another --blocklist, or none",
                facts={"addresses": blocked},
            )
        )
    return [*found, *_trackers(state), *_web_seeds(state)]


def _addresses(state: TorrentState) -> list[Explanation]:
    """What is known of addresses, and what became of them."""
    groups = state.setbacks.groups()
    gone = [group for group in groups if group.what.startswith(LEFT)]
    lost = [group for group in groups if not group.what.startswith(LEFT)]
    found = []
    if lost:
        found.append(_unreachable(state, lost))
    if gone:
        found.append(_left(state, gone))
    if found:
        return found
    if state.dialling:
        names = ", ".join(map(str, islice(state.dialling, NAMED)))
        return [_of(state, "connecting", f"no answer yet from {names}", None, len(state.dialling))]
    if count := len(state.candidates):
        text = (
            "1 address is known and waits"
            if count == 1
            else f"{count} addresses are known and wait"
        )
        return [_of(state, "connecting", f"{text} to be dialled", None, count)]
    return [_nobody(state)] if not state.candidates.refusals.blocked else []


def _unreachable(state: TorrentState, groups: list[Group]) -> Explanation:
    count = sum(group.addresses for group in groups)
    who = (
        "1 address is known and does not answer"
        if count == 1
        else (f"{count} addresses are known and none of them answers")
    )
    return _of(
        state,
        "unreachable",
        f"{who}: {_kinds(groups)}",
        "see whether a firewall is in the way; or wait until others are found",
        count,
        dials=state.counters.dials,
        dial_failures=state.counters.dial_failures,
    )


def _left(state: TorrentState, groups: list[Group]) -> Explanation:
    count = sum(group.addresses for group in groups)
    who = "1 peer was here and left" if count == 1 else f"{count} peers were here and left"
    return _of(state, "left", f"{who}: {_kinds(groups)}", "wait: they are dialled again", count)


def _kinds(groups: list[Group]) -> str:
    kinds = [
        f"{group.what.removeprefix(LEFT)} "
        + (
            f"({group.example})"
            if group.addresses == 1
            else f"({group.addresses}, such as {group.example})"
        )
        for group in groups[:NAMED]
    ]
    more = sum(group.addresses for group in groups[NAMED:])
    return ", ".join([*kinds, f"{more} for other reasons"] if more else kinds)


def _nobody(state: TorrentState) -> Explanation:
    """Nobody is known, although all were asked who could know."""
    asked = []
    heard = [one for url, one in state.trackers.items() if url not in state.silent_trackers]
    waiting = sum(one.said == tracker_state.NO_ANSWER for one in heard)
    answered = len(heard) - waiting
    if answered:
        knows = "1 tracker knows" if answered == 1 else f"{answered} trackers know"
        asked.append(f"{knows} nobody")
    if waiting:
        have = "1 tracker has" if waiting == 1 else f"{waiting} trackers have"
        asked.append(f"{have} not answered yet")
    if not state.tiers.urls:
        asked.append("there is no tracker")
    if state.dht is None:
        asked.append("the DHT is not used")
    elif state.dht.begun:
        asked.append(state.dht.said)
    else:
        asked.append("the DHT was not asked yet")
    if state.nearby is None:
        asked.append("the local network is not searched")
    return _of(
        state,
        "no_peers",
        f"no peer is known: {'; '.join(asked)}",
        "name one by --peer HOST:PORT, or wait for one to come",
        0,
    )


def _trackers(state: TorrentState) -> list[Explanation]:
    """What trackers said, if none gave an answer that is any use."""
    if not state.silent_trackers or len(state.silent_trackers) < len(state.trackers):
        return []
    silent = [state.trackers[url] for url in state.silent_trackers]
    count = len(silent)
    return [
        Explanation(
            info_hash=state.info_hash,
            cause="tracker",
            evidence=f"{'the tracker' if count == 1 else f'all {count} trackers'} failed: "
            f"{tracker_state.summary(silent)}",
            remedy="see whether the torrent is registered there, or add another tracker",
            facts={"trackers": count},
        )
    ]


def _web_seeds(state: TorrentState) -> list[Explanation]:
    """What became of web seeds, if nothing is to be expected of any."""
    sources = list(state.web.sources.values())
    if state.info is None or not sources or state.web.may_help:
        return []
    told = "; ".join(f"{one.place}: {one.said}" for one in sources[:NAMED])
    return [
        Explanation(
            info_hash=state.info_hash,
            cause="web_seeds",
            evidence=f"no web seed is of any use: {told}",
            facts={"web_seeds": len(sources)},
        )
    ]


def _of(
    state: TorrentState,
    cause: str,
    evidence: str,
    remedy: str | None,
    addresses: int,
    **facts: int,
) -> Explanation:
    return Explanation(
        info_hash=state.info_hash,
        cause=cause,
        evidence=evidence,
        remedy=remedy,
        facts={"addresses": addresses, **facts},
    )
