"""What the network options of a command say, as the core's own settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

from raincore.base.config import Encryption, UploadLimits
from raintools._kit import network_options, options, patience, sharing_options, underlying

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.config import Config
    from raincore.documents.documents import TorrentDocument
    from raincore.swarm.state import Limits

__all__ = ["Network", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the network options say: bytes per second, 0 for none; "host:port"; seconds."""

    port: int
    peers: tuple[str, ...]
    no_trackers: bool
    no_dht: bool
    no_pex: bool
    no_lsd: bool
    no_webseeds: bool
    bootstrap: tuple[str, ...]
    bind: tuple[str, ...]
    proxy: str
    encryption: str
    blocklists: tuple[str, ...]
    no_verify_tls: bool
    limit_down: int
    limit_up: int
    no_limit_lan: bool
    peers_max: int | None
    slots: int | None
    timeout_seconds: float | None
    seed_ratio: float | None
    seed_seconds: float | None
    events: bool
    explain: bool

    def trackers(self, document: TorrentDocument) -> Sequence[Sequence[str]]:
        """The trackers to announce a torrent to, in tiers; those of a link have one each."""
        return () if self.no_trackers else document.trackers

    @property
    def limits(self) -> Limits:
        """When a torrent gives up or stops serving."""
        return patience.limits(
            stall_seconds=self.timeout_seconds,
            seed_seconds=self.seed_seconds,
            seed_ratio=self.seed_ratio,
            waits_for_peers=bool(self.port),
        )

    @property
    def seed_limited(self) -> bool:
        """Whether a limit on serving was given, which asks for serving."""
        return self.seed_ratio is not None or self.seed_seconds is not None

    @property
    def config(self) -> Config:
        """The settings of a session with these options, on top of `underlying.config`."""
        base = underlying.config()
        rates, sources, sockets = base.rates, base.sources, base.sockets
        encryption, limits = Encryption(self.encryption), base.peers
        return replace(
            base,
            peers=replace(
                limits,
                encryption=limits.encryption if encryption is Encryption.PREFER else encryption,
                max_peers=limits.max_peers if self.peers_max is None else self.peers_max,
            ),
            uploads=base.uploads if self.slots is None else UploadLimits(slots=self.slots),
            rates=replace(
                rates,
                download_bytes_per_second=self.limit_down or rates.download_bytes_per_second,
                upload_bytes_per_second=self.limit_up or rates.upload_bytes_per_second,
                limit_local=rates.limit_local and not self.no_limit_lan,
            ),
            sources=replace(
                sources,
                dht=sources.dht and not self.no_dht,
                pex=sources.pex and not self.no_pex,
                lsd=sources.lsd and not self.no_lsd,
                webseeds=sources.webseeds and not self.no_webseeds,
                bootstrap=self.bootstrap or sources.bootstrap,
            ),
            sockets=replace(
                sockets,
                bind=self.bind or sockets.bind,
                proxy=self.proxy or sockets.proxy,
                blocklists=self.blocklists or sockets.blocklists,
                verify_tls=sockets.verify_tls and not self.no_verify_tls,
            ),
        )


def network(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the network options of rain-fetch and rain-seed, as the argument `network`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        given["network"] = Network(**{name: given.pop(name) for name in Network.__slots__})
        return callback(**given)

    groups = (network_options.PEERS, sharing_options.SHARING, network_options.TRANSFER)
    return options.stacked(wrapper, *(option for group in groups for option in group))
