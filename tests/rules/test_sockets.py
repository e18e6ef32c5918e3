"""One place makes sockets, so that what is bound or blocked is so everywhere."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.rules import tree

MAKERS = {
    "raincore/net/trio_network.py": "all that speak",
    "raincore/net/binding.py": "tries whether they can be bound",
    "raincore/net/local_addresses.py": "asks the system for its addresses, and sends nothing",
    "raincore/rpc/connection.py": "to a session, which is where a person says it is",
    "raincore/rpc/client.py": "reads what that connection brings; makes none",
    "raincore/rpc/listening.py": "where a server is controlled, whatever peers are bound to",
    "tools/raintools/_kit/systemd.py": "tells the service manager",
    "tools/raintools/_kit/download.py": "for commands without a session, whose network is any",
}
"""Modules that make sockets or have others make them, and what for."""

NETWORKS = {"raincore/session/outside.py": "binds and guards it"}
"""Modules that make the Network of a process."""

CALLS = (
    "socket.socket",
    "socket.socketpair",
    "socket.create_connection",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "trio.open_",
    "trio.socket.",
    "trio.serve_tcp",
    "http.client.HTTP",
    "urllib.request.",
)


def calls(module: Path) -> Iterator[str]:
    for node in ast.walk(tree.parse(module)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def makers() -> dict[str, list[str]]:
    """Module to the calls in it by which sockets come to be."""
    harmless = ("trio.open_nursery", "trio.open_memory_channel", "trio.open_signal_receiver")
    found = {}
    for module in tree.module_paths():
        made = [c for c in calls(module) if c.startswith(CALLS) and c not in harmless]
        if made:
            found[tree.relative(module)] = made
    return found


def test_only_a_few_modules_make_sockets() -> None:
    strays = {path: made for path, made in makers().items() if path not in MAKERS}
    tree.nothing(strays, "sockets are made by net.trio_network; ask the Network for one:")


def test_modules_that_may_make_sockets_do() -> None:
    tree.nothing(set(MAKERS) - set(makers()), "take these off MAKERS:")


def test_one_module_makes_the_network() -> None:
    found = [
        tree.relative(module) for module in tree.module_paths() if "TrioNetwork" in calls(module)
    ]
    assert set(found) == set(NETWORKS), "get it from session.outside, bound and guarded"
