"""The user's command learns of the torrent by its environment, and cannot harm the session."""

import trio

from raincore.session import hooks
from raincore.storage.torrent_record import TorrentRecord

RECORD = TorrentRecord(id="i", info_hash="ab" * 20, added_at=5.9, data_dir="/d")


async def run(*command: str) -> list[str]:
    warnings: list[str] = []
    with trio.fail_after(20):
        await hooks.run(command, RECORD, "-n; rm\0", warnings.append)
    return warnings


async def test_the_command_gets_rains_variables(tmp_path):
    out = tmp_path / "out"
    script = 'env | grep ^RAIN_TORRENT | sort > "$0"'
    assert await run("sh", "-c", script, str(out)) == []
    assert out.read_text().splitlines() == [
        "RAIN_TORRENT_ADDED=5",
        "RAIN_TORRENT_DIR=/d",
        f"RAIN_TORRENT_HASH={'ab' * 20}",
        "RAIN_TORRENT_ID=i",
        "RAIN_TORRENT_NAME=-n; rm",
    ]


async def test_a_command_that_fails_is_a_warning():
    assert await run("false") == ["on-complete command failed: exit status 1: false"]
    assert await run("no-such-command\x1b") == [
        "on-complete command cannot be run: no such file or directory: no-such-command\ufffd"
    ]
