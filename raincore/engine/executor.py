"""Carry out the machine's commands, one row each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from raincore.base.errors import NetworkError, ProtocolError, RainError
from raincore.net import dialer
from raincore.swarm import commands as c
from raincore.swarm.events import (
    ContentChecked,
    DialFailed,
    FilesProbed,
    Heard,
    PeersFound,
    Sealed,
    StorageFailed,
)
from raincore.swarm.wish_events import FilesChosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.bitfield import Bitfield
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.engine.torrent import Torrent

__all__ = ["execute"]

T = TypeVar("T")


def execute(torrent: Torrent, command: c.Command) -> None:
    """Start what a command asks for. Never waits; results come back as events."""
    match command:
        case c.Say() | c.Drop():
            tell(torrent, command)
        case c.CheckAndWrite():
            torrent.piece_io.check_and_write(command, torrent.dispatch)
        case c.ProbeFiles():
            torrent.start_soon(probe_files, torrent, command)
        case c.DiscardPiece() | c.RetryWrite() | c.KeepBlocks() | c.RestorePiece():
            tend_pieces(torrent, command)
        case c.Publish():
            torrent.tell(command.record)
        case c.Dial():
            torrent.start_soon(dial, torrent, command)
        case c.JoinSwarm():
            torrent.on_swarm(command.info_hash)
        case c.Announce():
            torrent.announcers.announce(command)
        case c.SearchDht():
            torrent.dht.search(command)
        case c.StopDhtSearch():
            torrent.dht.stop()
        case c.AddDhtNode():
            torrent.dht.add_node(command.endpoint)
        case c.LookNearby() | c.StopLookingNearby():
            search_nearby(torrent, command)
        case c.FetchSource():
            torrent.source_tasks.fetch(command.source)
        case c.DropSources():
            torrent.source_tasks.drop()
        case c.Scrape():
            torrent.announcers.scrape(command, torrent.info_hash)
        case c.FetchRange() | c.ResumeFetch() | c.StopFetch():
            torrent.webseeds.execute(command)
        case c.ReadLeaves():
            torrent.leaf_reader.read(command)
        case c.ChooseFiles():
            torrent.content.choose_files(command.unwanted, partial(files_chosen, torrent))
        case c.CheckContent() | c.SaveState() | c.Seal():
            look_after_content(torrent, command)
        case c.Finish():
            torrent.finish(command.error)


def tend_pieces(
    torrent: Torrent, command: c.DiscardPiece | c.RetryWrite | c.KeepBlocks | c.RestorePiece
) -> None:
    """Do something with the buffers of pieces that are neither in a file nor on their way."""
    match command:
        case c.DiscardPiece():
            torrent.piece_io.discard(command.piece)
        case c.RetryWrite():
            torrent.piece_io.write_again(command.piece, torrent.dispatch)
        case c.KeepBlocks():
            torrent.keeping.keep(command.pieces)
        case c.RestorePiece():
            torrent.keeping.restore(command.piece)


def look_after_content(torrent: Torrent, command: c.CheckContent | c.SaveState | c.Seal) -> None:
    """Start to check it, to remember it, or to make it durable."""
    match command:
        case c.CheckContent():
            if torrent.connections:
                torrent.start_soon(learn_geometry, torrent, command)
            else:
                check_content(torrent, command)
        case c.SaveState():
            have = torrent.machine.state.have
            if have is not None and not torrent.content.is_settled:
                torrent.content.save(have.copy())
        case c.Seal():
            torrent.piece_io.give_back_memory()
            if not torrent.content.is_settled:
                torrent.content.seal(partial(sealed, torrent))


def files_chosen(torrent: Torrent, error: BaseException | None) -> None:
    """Report how a change of files went."""
    if error is None:
        torrent.dispatch(FilesChosen())
    elif isinstance(error, RainError):
        torrent.dispatch(StorageFailed(error))
    else:
        raise error


def search_nearby(torrent: Torrent, command: c.LookNearby | c.StopLookingNearby) -> None:
    """Hear of neighbours from now on, or no more."""
    lsd, port = torrent.world.lsd, torrent.machine.state.port
    if lsd is None:
        return

    def hear_of(swarm: InfoHash | None) -> Callable[[Endpoint], None]:
        return lambda one: torrent.dispatch(PeersFound("lsd", (one,), swarm=swarm))

    for swarm in dict.fromkeys((None, command.also)):
        info_hash = swarm or torrent.info_hash
        if isinstance(command, c.LookNearby):
            lsd.look(info_hash, hear_of(swarm), announce=command.announce, port=port)
        else:
            lsd.leave(info_hash)


def tell(torrent: Torrent, command: c.Say | c.Drop) -> None:
    """Say something to a peer, or close its connection; it may be gone already."""
    connection = torrent.connections.get(command.peer)
    if connection is None:
        return
    if isinstance(command, c.Say):
        connection.say(command.messages)
    else:
        connection.close(command.reason)


async def dial(torrent: Torrent, command: c.Dial) -> None:
    """Connect to a peer and hand it over, or report why not."""
    world, limits, endpoint = torrent.world, torrent.config.peers, command.endpoint
    try:
        offer = torrent.offer(command.swarm, plain=command.plain)
        peer = await dialer.dial(world.network, endpoint, offer, limits, world.encrypter)
    except (NetworkError, ProtocolError) as error:
        torrent.dispatch(DialFailed(endpoint, error.code, str(error)))
    else:
        torrent.add_peer(peer, incoming=False)


async def learn_geometry(torrent: Torrent, command: c.CheckContent) -> None:
    """Hear what peers have said of pieces before it was known what pieces there are."""
    for key, connection in list(torrent.connections.items()):
        held_back = connection.protocol.learn_geometry(command.info.geometry)
        torrent.dispatch(Heard(key, tuple(held_back), 0, 0))
    check_content(torrent, command)


def check_content(torrent: Torrent, command: c.CheckContent) -> None:
    """Open storage and compare what is there with the hashes; then see what was begun."""
    info, content = command.info, torrent.content

    def checked(have: Bitfield | BaseException) -> None:
        if isinstance(have, RainError):
            torrent.dispatch(StorageFailed(have))
        elif isinstance(have, BaseException):
            torrent.crash(have)
        else:
            torrent.piece_io.open(info)
            torrent.keeping.open(info.geometry, have, contained(torrent, partial(opened, have)))

    def opened(have: Bitfield, kept: dict[int, tuple[int, ...]] | BaseException) -> None:
        if isinstance(kept, BaseException):
            torrent.crash(kept)
            return
        torrent.dispatch(ContentChecked(have, kept, content.obstacles, not content.is_fixed))
        if content.is_settled:  # nothing can have been written since
            torrent.dispatch(Sealed())
            content.is_settled = False
        torrent.alarm.catch_up()

    tell, done = contained(torrent, torrent.tell), contained(torrent, checked)
    wanted = torrent.machine.state.wanted
    try:
        content.check(info, tell, done, command.layers, wanted)
    except RainError as error:  # the system gives us no thread
        checked(error)


def contained(torrent: Torrent, call: Callable[[T], None]) -> Callable[[T], None]:
    """A call that the hub's task makes, which serves all: a bug in it ends its torrent alone."""

    def made(argument: T) -> None:
        try:
            call(argument)
        except Exception as error:
            torrent.crash(error)

    return made


async def probe_files(torrent: Torrent, command: c.ProbeFiles) -> None:
    """Look which files could not be written."""
    storage = torrent.content.storage
    job = lambda: storage.obstacles(command.files)  # noqa: E731
    torrent.dispatch(FilesProbed(await torrent.world.offload.run("disk", job)))


def sealed(torrent: Torrent, error: BaseException | None) -> None:
    """Report whether complete content is durable."""
    if error is None:
        torrent.dispatch(Sealed())
        torrent.alarm.catch_up()
    elif isinstance(error, RainError):
        torrent.dispatch(StorageFailed(error))
    else:
        torrent.crash(error)
