import math
import random
from typing import Any

import pytest

from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash, NodeId
from raincore.dht import node_ids
from raincore.dht.errands import FindNodes, FindPeers, GetItem, PutItem
from raincore.dht.events import (
    IdChanged,
    ItemFound,
    Joined,
    LookupEnded,
    PeersFound,
    Refused,
    Replied,
    ScrapeFound,
    Silent,
    Stored,
)
from raincore.dht.item import Item
from raincore.dht.node import DhtNode, Saved
from raincore.dht.single import Quiet
from raincore.formats import compact
from raincore.formats.compact import Node
from raincore.wire import krpc
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    Error,
    ErrorCode,
    FindNode,
    Get,
    GetPeers,
    Ping,
    Put,
    Query,
    Reply,
    Response,
    SampleInfoHashes,
    UnknownQuestion,
    Want,
)
from tests.dht.places import node, node_id, public, public6
from tests.formats import damage
from tests.sim.dht_network import DhtNetwork, Host, public_address, trusting

NOW = 1000.0
HASH = InfoHash(b"h" * 20)
BOTH = Want(ipv4=True, ipv6=True)
OURS = Endpoint("80.1.1.1", 6881)


def make(
    seed: int = 1, *, ipv6: bool = False, saved: Saved | None = None, **limits: Any
) -> DhtNode:
    return DhtNode(
        ipv6=ipv6,
        rng=random.Random(seed),
        verify=trusting,
        now=NOW,
        saved=saved,
        limits=DhtLimits(**limits),
    )


def query(question: Any, asking: NodeId | None = None, *, read_only: bool = False) -> bytes:
    return krpc.encode(Query(b"ab", asking or node_id("aa"), question, read_only))


def sent(dht: DhtNode, now: float = NOW) -> list[tuple[Any, Endpoint]]:
    return [(krpc.decode(data), to) for data, to in dht.datagrams_to_send(now)]


def events(dht: DhtNode) -> list[Any]:
    found = []
    while (event := dht.next_event()) is not None:
        found.append(event)
    return found


def answer(dht: DhtNode, asked: Query, sender: Endpoint, now: float = NOW, **fields: Any) -> None:
    """Let somebody answer a question of the node."""
    seen_as = fields.pop("seen_as", None)
    reply = Reply(**{"node_id": node_id("aa"), **fields})
    dht.receive_datagram(krpc.encode(Response(asked.transaction, reply, seen_as)), sender, now)


def network(seed: int, count: int = 30) -> tuple[DhtNetwork, list[Host]]:
    net = DhtNetwork(seed)
    first = net.add(public_address(0), [])
    hosts = [net.add(public_address(number), [first.endpoint]) for number in range(1, count)]
    net.run(60)
    return net, hosts


def run(net: DhtNetwork, host: Host, errand: Any) -> list[Any]:
    """The events of one lookup."""
    handle = net.look_up(host, errand)
    net.run(20)
    return [event for event in host.events if getattr(event, "handle", None) == handle]


# --- answering ----------------------------------------------------------------------------


def test_a_query_is_answered_to_its_sender() -> None:
    dht = make()
    dht.receive_datagram(query(Ping()), public(1), NOW)
    ((message, to),) = sent(dht)
    assert to == public(1)
    assert message == Response(b"ab", Reply(node_id=dht.own_id), public(1).packed)


def test_a_malformed_query_is_refused() -> None:
    dht = make()
    dht.receive_datagram(b"d1:ade1:q4:ping1:t2:aa1:y1:qe", public(1), NOW)
    ((message, _),) = sent(dht)
    assert isinstance(message, Error)
    assert message.code == ErrorCode.PROTOCOL


@pytest.mark.parametrize("data", [b"", b"hello", b"le", b"d1:t2:aa1:y1:re", bytes(1400)])
def test_nonsense_gets_silence(data: bytes) -> None:
    dht = make()
    dht.receive_datagram(data, public(1), NOW)
    assert sent(dht) == []
    assert events(dht) == []


def test_a_datagram_of_the_other_family_is_not_ours() -> None:
    dht = make()
    dht.receive_datagram(query(Ping()), public6(1), NOW)
    assert sent(dht) == []


def test_a_read_only_node_says_so_and_answers_nothing() -> None:
    dht = make(read_only=True)
    dht.receive_datagram(query(Ping()), public(1), NOW)
    dht.receive_datagram(b"d1:ade1:q4:ping1:t2:aa1:y1:qe", public(1), NOW)
    assert sent(dht) == []
    dht.add_node(public(2), NOW)
    assert sent(dht)[0][0].read_only


def test_read_only_nodes_are_answered_and_not_remembered() -> None:
    dht = make()
    dht.receive_datagram(query(Ping(), node_id("bb"), read_only=True), public(1), NOW)
    assert len(sent(dht)) == 1
    assert dht.table.to_check(0.0, NOW) == []
    dht.receive_datagram(query(Ping(), node_id("cc")), public(2), NOW)
    assert [held.node.endpoint for held in dht.table.to_check(0.0, NOW)] == [public(2)]


def test_floods_are_not_answered() -> None:
    dht = make()
    for _ in range(200):
        dht.receive_datagram(query(Ping()), public(1), NOW)
    assert len(sent(dht)) == 49


def test_who_is_asked_much_may_answer_as_much() -> None:
    dht = make()
    for n in range(100):
        dht.ask_one(public(1), Ping(), NOW)
        [(question, _)] = sent(dht)
        assert dht.is_asking
        answer(dht, question, public(1), NOW)
        assert isinstance(dht.next_event(), Replied), n
        assert not dht.is_asking


def test_replies_have_a_budget() -> None:
    dht = make(reply_bytes_per_second=1000.0)
    for number in range(500):
        dht.receive_datagram(query(Ping()), public(number), NOW)
    assert sum(len(data) for data, _ in dht.datagrams_to_send(NOW)) <= 2000


# --- asking -------------------------------------------------------------------------------


def test_a_single_question_is_answered_refused_or_left() -> None:
    dht = make()
    first, second, third = (dht.ask_one(public(n), Ping(), NOW) for n in range(3))
    questions = sent(dht)
    answer(dht, questions[0][0], public(0), NOW + 0.5)
    refusal = krpc.encode(Error(questions[1][0].transaction, 204, "what?"))
    dht.receive_datagram(refusal, public(1), NOW)
    for now in (NOW + 1, NOW + 10):
        dht.handle_timer(now)
    replied, refused, silent = events(dht)
    assert isinstance(replied, Replied)
    assert (replied.handle, replied.rtt) == (first, 0.5)
    assert refused == Refused(second, public(1), 204, "what?")
    assert silent == Silent(third, public(2))


def test_an_answer_from_elsewhere_is_ignored() -> None:
    dht = make()
    dht.ask_one(public(1), Ping(), NOW)
    ((asked, _),) = sent(dht)
    answer(dht, asked, public(2))
    assert events(dht) == []
    assert len(dht.table) == 0


def test_who_answers_becomes_a_contact_and_who_is_silent_is_dropped() -> None:
    dht = make()
    dht.add_node(public(1), NOW)
    answer(dht, sent(dht)[0][0], public(1))
    assert [held.node for held in dht.table] == [Node(node_id("aa"), public(1))]
    now = NOW
    for _ in range(5):
        dht.ask(public(1), node_id("aa"), Ping(), Quiet(), now)
        now += 5
        dht.receive_datagram(query(Ping()), public(2), now)  # somebody is heard
        now += 10
        dht.handle_timer(now)
        dht.handle_timer(now)
    assert len(dht.table) == 0


def test_a_dead_line_is_not_the_nodes_fault() -> None:
    dht = make()
    dht.add_node(public(1), NOW)
    answer(dht, sent(dht)[0][0], public(1))
    for number in range(1, 10):
        dht.ask(public(1), node_id("aa"), Ping(), Quiet(), NOW + 20 * number)
        dht.handle_timer(NOW + 20 * number + 15)
    assert len(dht.table.saved()) == 1


def test_where_nothing_can_be_sent_silence_comes_at_once_and_the_node_stays_known() -> None:
    dht = make()
    dht.add_node(public(1), NOW)
    answer(dht, sent(dht)[0][0], public(1))
    for _ in range(10):
        handle = dht.ask_one(public(1), Ping(), NOW)
        dht.cannot_send(public(1), NOW)
        assert events(dht) == [Silent(handle, public(1))]
    lookup = dht.look_up(FindPeers(HASH), NOW)
    dht.cannot_send(public(1), NOW)
    [end] = events(dht)
    assert (end.handle, end.asked, end.answered) == (lookup, 1, 0)
    assert len(dht.table) == 1


def test_nothing_is_asked_of_the_other_family_or_of_port_0() -> None:
    dht = make()
    dht.add_node(public6(1), NOW)
    dht.add_node(Endpoint("20.1.1.1", 0), NOW)
    assert sent(dht) == []


def test_it_has_no_timer_before_the_start() -> None:
    assert make().next_timer() == math.inf


def test_starting_asks_the_bootstrap_nodes_of_our_family() -> None:
    dht = make()
    dht.start([public(1), public6(1), public(1)], NOW)
    assert [(message.question, to) for message, to in sent(dht)] == [
        (FindNode(dht.own_id), public(1))
    ]


def test_nobody_to_ask_ends_a_thousand_lookups_at_once() -> None:
    dht = make()
    handles = [dht.look_up(FindPeers(HASH), NOW) for _ in range(1000)]
    assert events(dht) == [LookupEnded(handle, (), 0, 0, 0, 0) for handle in handles]


def test_lookups_wait_for_their_turn_and_can_be_cancelled() -> None:
    dht = make(lookups_at_once=2)
    dht.start([public(1)], NOW)
    sent(dht)
    handles = [dht.look_up(FindPeers(HASH), NOW) for _ in range(4)]
    assert len(sent(dht)) == 2
    dht.cancel(handles[0], NOW)
    dht.cancel(handles[3], NOW)
    assert len(sent(dht)) == 1
    dht.handle_timer(NOW + 1)
    dht.handle_timer(NOW + 10)
    ended = {event.handle for event in events(dht) if isinstance(event, LookupEnded)}
    assert ended == {handles[1], handles[2]}


# --- our own place ------------------------------------------------------------------------


def test_an_id_that_does_not_suit_our_address_is_changed_when_nodes_agree() -> None:
    dht = make()
    for number in range(5):
        dht.add_node(public(number), NOW)
    for number, (asked, to) in enumerate(sent(dht)):
        answer(dht, asked, to, node_id=node_id(f"a{number}"), seen_as=OURS.packed)
    (event,) = [event for event in events(dht) if isinstance(event, IdChanged)]
    assert event == IdChanged(dht.own_id, OURS)
    assert node_ids.suits(dht.own_id, OURS)
    assert dht.table.own_id == dht.own_id
    assert len(dht.table) == 5
    dht.receive_datagram(query(Ping()), public(50), NOW)
    assert sent(dht)[-1][0].reply.node_id == dht.own_id


def test_an_id_that_suits_is_kept() -> None:
    suiting = node_ids.id_for(OURS, random.Random(5))
    dht = make(saved=Saved(suiting, ()))
    for number in range(5):
        dht.add_node(public(number), NOW)
    for number, (asked, to) in enumerate(sent(dht)):
        answer(dht, asked, to, node_id=node_id(f"a{number}"), seen_as=OURS.packed)
    assert events(dht) == []
    assert dht.own_id == suiting
    assert dht.external.known == OURS


def test_what_is_saved_is_enough_to_start_from() -> None:
    saved = Saved(node_id("12"), (node("aa", 1), node("bb", 2)))
    dht = make(saved=saved)
    dht.start([], NOW)
    assert dht.own_id == saved.node_id
    assert {to for _, to in sent(dht)} == {public(1), public(2)}
    dht.add_node(public(9), NOW)
    answer(dht, sent(dht)[-1][0], public(9), node_id=node_id("cc", 9))
    assert dht.saved() == Saved(saved.node_id, (node("cc", 9),))


def test_two_families_tell_nodes_of_each_other() -> None:
    four, six = make(1), make(2, ipv6=True)
    four.meet(six)
    four.add_node(public(1), NOW)
    ((asked, to),) = sent(four)
    lent = compact.pack_nodes([Node(node_id("cc"), public6(3))], ipv6=True)
    answer(four, asked, to, nodes6=lent)
    ((asked, to),) = sent(six)
    assert to == public6(3)
    answer(six, asked, to, node_id=node_id("cc"))
    four.receive_datagram(query(FindNode(node_id("00"), BOTH)), public(7), NOW)
    ((message, _),) = sent(four)
    assert message.reply.nodes6 == lent
    four.start([public(1)], NOW)
    assert sent(four)[0][0].question == FindNode(four.own_id, BOTH)


# --- every errand over a network ----------------------------------------------------------


def test_joining_is_told(seed: int) -> None:
    _, hosts = network(seed)
    for host in hosts:
        joined = [event for event in host.events if isinstance(event, Joined)]
        assert joined[-1].node_count >= 8


def test_nodes_find_each_other(seed: int) -> None:
    net, hosts = network(seed)
    target = hosts[3].node.own_id
    (end,) = run(net, hosts[20], FindNodes(target))
    assert end.closest[0] == Node(target, hosts[3].endpoint)
    assert end.answered >= 8


def test_an_announce_is_found_and_counted(seed: int) -> None:
    net, hosts = network(seed)
    stored = run(net, hosts[1], FindPeers(HASH, announce=True, port=9, seed=True))
    assert sum(isinstance(event, Stored) for event in stored) == stored[-1].stored == 8
    run(net, hosts[2], FindPeers(HASH, announce=True))
    *news, _ = run(net, hosts[9], FindPeers(HASH))
    peers = {peer for event in news if isinstance(event, PeersFound) for peer in event.peers}
    assert peers == {Endpoint(hosts[1].endpoint.host, 9), hosts[2].endpoint}
    scrape = run(net, hosts[10], FindPeers(HASH, scrape=True))
    (counts,) = [event for event in scrape if isinstance(event, ScrapeFound)]
    assert (round(counts.seeds), round(counts.leechers)) == (1, 1)
    *news, _ = run(net, hosts[11], FindPeers(HASH, no_seeds=True))
    peers = {peer for event in news if isinstance(event, PeersFound) for peer in event.peers}
    assert peers == {hosts[2].endpoint}


def test_items_are_put_got_and_replaced(seed: int) -> None:
    net, hosts = network(seed)
    key = b"k" * 32

    def item(seq: int) -> Item:
        return Item(b"i%de" % seq, key, seq, key + bytes(32), b"salt")

    assert run(net, hosts[1], PutItem(item(1), None, trusting))[-1].stored == 8
    assert run(net, hosts[1], PutItem(item(2), 1, trusting))[-1].stored == 8
    assert run(net, hosts[1], PutItem(item(3), 1, trusting))[-1].stored == 0
    found = run(net, hosts[9], GetItem(item(1).target, b"salt", trusting))
    assert [event.item for event in found if isinstance(event, ItemFound)] == [item(2)]
    immutable = Item(b"5:hello")
    run(net, hosts[4], PutItem(immutable, None, trusting))
    found = run(net, hosts[8], GetItem(immutable.target, b"", trusting))
    assert [event.item for event in found if isinstance(event, ItemFound)] == [immutable]


# --- enemies ------------------------------------------------------------------------------


def size_of(dht: DhtNode) -> int:
    """How many things a node remembers."""
    return (
        len(dht.table._known)
        + len(dht._answering.peers)
        + len(dht._answering.items)
        + len(dht._outstanding)
        + len(dht._searches)
        + len(dht._events)
    )


def test_damaged_datagrams_get_silence_or_an_error_and_state_stays_small(seed: int) -> None:
    rng = random.Random(seed)
    dht = make(seed)
    dht.start([public(1)], NOW)
    questions = [
        Ping(),
        FindNode(node_id("80"), BOTH),
        GetPeers(HASH, scrape=True),
        AnnouncePeer(HASH, 1, b"token"),
        Get(node_id("80"), 3),
        Put(token=b"t", value=b"d1:ai1ee", key=b"k" * 32, seq=1, signature=b"k" * 64),
        SampleInfoHashes(node_id("80")),
        UnknownQuestion("vote", node_id("80")),
    ]
    seeds = [query(question) for question in questions]
    reply = Reply(node_id=node_id("bb"), nodes=bytes(26), values=(b"123456",), token=b"t")
    seeds += [
        krpc.encode(Response(b"abcd", reply, b"123456")),
        krpc.encode(Error(b"abcd", 203, "no")),
    ]
    now = NOW
    for number, data in enumerate(damage.mutations(seeds, 4000, seed)):
        now += rng.random()
        dht.receive_datagram(data, public(rng.randrange(3000)), now)
        if dht.next_timer() <= now:
            dht.handle_timer(now)
        for answered, _ in dht.datagrams_to_send(now):
            krpc.decode(answered)
        while dht.next_event() is not None:
            pass
        if number % 100 == 0:
            assert size_of(dht) < 1000


def test_a_liar_that_answers_everything_is_survived(seed: int) -> None:
    """Every question is answered with nodes and peers that do not exist, near the target."""
    rng = random.Random(seed)
    dht = make(seed)
    dht.start([public(1)], NOW)
    handle = dht.look_up(FindPeers(HASH, announce=True, scrape=True), NOW)
    now, asked, told = NOW, 0, 0
    ended = False
    while not ended and now < NOW + 3600:
        now += 0.1
        for message, to in sent(dht, now):
            if isinstance(message, Query):
                asked += 1
                nodes = [
                    Node(NodeId(HASH[:10] + rng.randbytes(10)), public(rng.randrange(10**6)))
                    for _ in range(20)
                ]
                values = tuple(public(rng.randrange(10**6)).packed for _ in range(60))
                fields = {"nodes": compact.pack_nodes(nodes, ipv6=False), "values": values}
                close = NodeId(HASH[:12] + rng.randbytes(8))
                answer(dht, message, to, now, node_id=close, token=b"t", **fields)
        dht.handle_timer(now)
        for event in events(dht):
            told += len(event.peers) if isinstance(event, PeersFound) else 0
            ended |= isinstance(event, LookupEnded) and event.handle == handle
        assert size_of(dht) < 1500
    assert ended
    assert asked < 1500
    assert told <= 5000
