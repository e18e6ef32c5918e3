"""Local files told apart by one piece each, so that strangers of the same size cost little.

The volumes of an archive, or thousands of pictures of one camera, have one size. Each of
them is read once for a given piece, not once for each file of the torrent that it might be.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from raincore.storage.size_index import LocalFile

    DigestOf = Callable[[LocalFile], bytes]

__all__ = ["Beginnings", "Group"]

MOST_GROUPS = 256


class Group:
    """Local files of one size, by the hash of the same bytes of each; hashed as needed.

    Args:
        locals_: The files.
    """

    def __init__(self, locals_: Sequence[LocalFile]) -> None:
        self._waiting = iter(locals_)
        self._digests: dict[LocalFile, bytes] = {}
        self._alike: dict[bytes, list[LocalFile]] = {}

    def digest(self, local: LocalFile, digest_of: DigestOf) -> bytes:
        """The hash of one file, which need not be of the group."""
        if local not in self._digests:
            self._digests[local] = digest_of(local)
            self._alike.setdefault(self._digests[local], []).append(local)
        return self._digests[local]

    def alike(self, digest: bytes, digest_of: DigestOf) -> Iterator[LocalFile]:
        """The files that have a hash; others are hashed until the caller has had enough."""
        count = 0
        while True:
            alike = self._alike.get(digest, ())
            while count < len(alike):
                yield alike[count]
                count += 1
            following = next(self._waiting, None)
            if following is None:
                return
            self.digest(following, digest_of)


class Beginnings:
    """The groups of several torrents, those used longest ago forgotten."""

    def __init__(self) -> None:
        self._groups: OrderedDict[Hashable, Group] = OrderedDict()

    def group(self, key: Hashable, locals_: Sequence[LocalFile]) -> Group:
        """The group of a key; made of `locals_` if there is none.

        Args:
            key: Whatever decides which bytes are hashed, and how.
            locals_: All files of the size.
        """
        if key not in self._groups:
            self._groups[key] = Group(locals_)
            if len(self._groups) > MOST_GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key]
