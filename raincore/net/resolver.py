"""Names to addresses over our own sockets, for who must not ask from anywhere else.

The system's library would ask its name servers from whatever address it likes, and so tell
them, and everybody between, what a bound program is looking for. This asks the same servers
in the same order, knows /etc/hosts, and gives no answer where none can be had this way.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, NetworkError
from raincore.base.printable import printable
from raincore.net import system_names
from raincore.net.byte_stream import ByteStream
from raincore.net.dns_messages import Answer, Question, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from raincore.net.binding import Binding
    from raincore.net.interface import Network
    from raincore.net.system_names import SystemNames

__all__ = ["Resolver"]

HOST_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
MAX_NAME = 253
PATIENCE_SECONDS = 2.0
"""For one server; the system's default of five would use up all that callers allow."""
OTHER_FAMILY_SECONDS = 1.0
"""How long addresses of one family wait for those of the other."""
LOCALHOST = {False: "127.0.0.1", True: "::1"}  # RFC 6761, 6.3
SETTLED = (Verdict.FOUND, Verdict.NO_SUCH_NAME, Verdict.NO_ADDRESS)
SILENT = Answer(Verdict.FAILED, detail="no answer")


async def _load() -> SystemNames:
    """Read the system's files in a thread: /etc/hosts can be large."""
    return await trio.to_thread.run_sync(system_names.load, abandon_on_cancel=True)


class Resolver:
    """Looks names up. Holds no socket between two look-ups.

    Args:
        network: Makes the sockets, and binds them.
        binding: Which families and name servers can be used at all.
        rng: Dice for what must not be guessed.
        load: Says what the system knows about names.
    """

    def __init__(
        self,
        network: Network,
        binding: Binding,
        *,
        rng: random.Random | None = None,
        load: Callable[[], Awaitable[SystemNames]] = _load,
    ) -> None:
        self._network = network
        self._binding = binding
        self._rng = rng or random.SystemRandom()
        self._load = load

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Find the addresses of a name, of the families that can be used; IPv4 first.

        Raises:
            ConnectError: There is no such name, or nobody can be asked for it.

        Waits for 2 s per name server and attempt. Leaves no task behind.
        """
        families = [ipv6 for ipv6 in (False, True) if self._binding.host(ipv6=ipv6)]
        try:
            name = _ascii(host)
            hosts = await self._hosts(name, families)
            return [Endpoint(address, port) for address in hosts]
        except (FormatError, NetworkError) as error:
            shown = printable(host)
            raise ConnectError(f"cannot resolve host: {error}: {shown}", shown) from error

    async def _hosts(self, name: str, families: list[bool]) -> list[str]:
        if not families:
            raise ConnectError(f"{self._binding} has no address now")
        if name == "localhost" or name.endswith(".localhost"):
            return [LOCALHOST[ipv6] for ipv6 in families]
        names = await self._load()
        if known := names.hosts.get(name.lower().rstrip(".")):
            usable = [host for host in known if (":" in host) in families]
            if not usable:
                raise ConnectError(f"no address of a family that {self._binding} has")
            return usable
        servers = self._usable_servers(names)
        answers: list[Answer] = []
        for candidate in names.candidates(name):
            answers += (latest := await self._both(candidate, families, servers, names))
            if found := [host for answer in latest for host in answer.hosts]:
                return found
            if all(answer.verdict is Verdict.FAILED for answer in latest):
                break  # for other names it would take as long again
        raise ConnectError(_reason(answers))

    def _usable_servers(self, names: SystemNames) -> list[Endpoint]:
        """The name servers that can be asked from where we are bound."""
        usable = [
            server
            for server in names.servers
            if self._binding.reaches(server) and self._binding.host(ipv6=server.is_ipv6)
        ]
        if not usable:
            known = ", ".join(server.host for server in names.servers)
            raise ConnectError(
                f"no name server can be asked from {self._binding}, "
                f"put one that can be into /etc/resolv.conf beside {known}"
            )
        return usable

    async def _both(
        self, name: str, families: list[bool], servers: list[Endpoint], names: SystemNames
    ) -> list[Answer]:
        """Ask for addresses of each family at the same time; one waits for the other briefly."""
        answers = dict.fromkeys(families, SILENT)

        async def one(ipv6: bool, scope: trio.CancelScope) -> None:
            answers[ipv6] = await self._ask_all(name, ipv6, servers, names)
            if answers[ipv6].verdict is Verdict.FOUND:
                scope.deadline = trio.current_time() + OTHER_FAMILY_SECONDS

        async with trio.open_nursery() as nursery:
            for ipv6 in families:
                nursery.start_soon(one, ipv6, nursery.cancel_scope)
        return [answers[ipv6] for ipv6 in families]

    async def _ask_all(
        self, name: str, ipv6: bool, servers: list[Endpoint], names: SystemNames
    ) -> Answer:
        """Ask one server after another, and all again, until one can tell."""
        answer = SILENT
        for _ in range(names.attempts):
            for server in servers:
                question = Question(name, ipv6=ipv6, rng=self._rng)
                with trio.move_on_after(min(names.timeout, PATIENCE_SECONDS)):
                    answer = await self._ask(question, server)
                    if answer.verdict in SETTLED:
                        return answer
        return answer

    async def _ask(self, question: Question, server: Endpoint) -> Answer:
        try:
            answer = await self._ask_by_datagram(question, server)
            if answer.verdict is Verdict.CUT:
                answer = await self._ask_by_stream(question, server)
        except NetworkError as error:
            return Answer(Verdict.FAILED, detail=str(error))
        return answer

    async def _ask_by_datagram(self, question: Question, server: Endpoint) -> Answer:
        """Send one datagram from a port of its own, and wait for what answers it."""
        answered = trio.Event()
        answers: list[Answer] = []

        def on_datagram(data: bytes, remote: Endpoint) -> None:
            if remote == server and (answer := question.read(data)) is not None:
                answers.append(answer)
                answered.set()

        anywhere = Endpoint("::" if server.is_ipv6 else "0.0.0.0", 0)  # noqa: S104  # is bound
        sock = self._network.datagrams(anywhere, on_datagram)
        try:
            sock.send(question.data, server)
            await answered.wait()
        finally:
            sock.close()
        return answers[0]

    async def _ask_by_stream(self, question: Question, server: Endpoint) -> Answer:
        """Ask over TCP, where each message has its length before it (RFC 1035, 4.2.2)."""
        stream = ByteStream(await self._network.connect(server))
        try:
            await stream.send_all(len(question.data).to_bytes(2, "big") + question.data)
            length = int.from_bytes(await _exactly(stream, 2), "big")
            answer = question.read(await _exactly(stream, length))
        except trio.BrokenResourceError as error:
            raise NetworkError("the name server closed the connection") from error
        finally:
            await trio.aclose_forcefully(stream)
        if answer is None or answer.verdict is Verdict.CUT:
            return Answer(Verdict.FAILED, detail="no proper answer")
        return answer


async def _exactly(stream: trio.abc.ReceiveStream, length: int) -> bytes:
    data = b""
    while len(data) < length:
        part = await stream.receive_some(length - len(data))
        if not part:
            raise NetworkError("the name server closed the connection")
        data += part
    return data


def _ascii(host: str) -> str:
    """A host name as name servers know it (RFC 3490)."""
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise FormatError("not a host name") from error
    if not HOST_NAME.fullmatch(name) or len(name) > MAX_NAME:
        raise FormatError("not a host name")
    return name


def _reason(answers: list[Answer]) -> str:
    """Why there is no address, as the answer that says most has it."""
    verdicts = {answer.verdict for answer in answers}
    if Verdict.NO_ADDRESS in verdicts:
        return "the name has no address"
    if Verdict.NO_SUCH_NAME in verdicts:
        return "there is no such name"
    return f"the name servers cannot be asked: {answers[-1].detail}"
