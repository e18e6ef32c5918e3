"""Metadata that was looked for once: a magnet link finds them again without a swarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.errors import StorageError
from raincore.documents import events as records
from raincore.formats import info as infos
from raincore.formats import merkle
from raincore.policy import layer_download

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.base.ids import InfoHash
    from raincore.base.info_hashes import InfoHashes
    from raincore.formats.info import Info
    from raincore.net.offload import Offload
    from raincore.storage.resume_store import ResumeStore

__all__ = ["KnownMetadata"]


class KnownMetadata:
    """What the resume store knows of info dictionaries.

    Args:
        store: None to know nothing.
        offload: Reads and writes in its worker "disk".
    """

    def __init__(self, store: ResumeStore | None, offload: Offload) -> None:
        self._store = store
        self._offload = offload

    async def recall(
        self, info_hash: InfoHash, hashes: InfoHashes | None
    ) -> tuple[Info | None, dict[bytes, bytes]]:
        """Find the info dictionary of a swarm, and the piece layers beside it (BEP 52).

        Returns:
            None unless it fits all of `hashes`; the layers that are known, by pieces root.
        """
        if self._store is None:
            return None, {}
        store = self._store

        def load() -> tuple[Info | None, dict[bytes, bytes]]:
            raw = store.load_info(info_hash.hex())
            if raw is None or (hashes is not None and not hashes.fit(raw)):
                return None, {}
            info = infos.parse(raw)
            found = {root: store.load_layer(root) for root in layer_download.missing(info, {})}
            return info, {
                root: layer
                for root, layer in found.items()
                if layer is not None and merkle.root_of_layer(layer, info.piece_length) == root
            }

        return await self._offload.run("disk", load)

    async def remember(
        self, info: Info, layers: Mapping[bytes, bytes], tell: Callable[[records.Event], None]
    ) -> None:
        """Keep an info dictionary, for each swarm that it has, and its piece layers.

        Args:
            info: Just learned.
            layers: By pieces root (BEP 52).
            tell: Is told if that fails; nobody needs it today.
        """
        if self._store is None:
            return
        store = self._store
        names = dict.fromkeys([info.swarm_hash])
        if info.info_hash_v2 is not None:
            names[info.info_hash_v2.truncated()] = None

        def save() -> None:
            for name in names:
                store.save_info(name.hex(), info.raw)
            for root, layer in layers.items():
                store.save_layer(root, layer)

        try:
            await self._offload.run("disk", save)
        except StorageError as error:
            text = f"the metadata will not be remembered: {error}"
            tell(records.Warning(info_hash=info.swarm_hash, code="not_remembered", message=text))
