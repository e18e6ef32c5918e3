"""What each command typically prints, to the letter: as JSON Lines and for people.

A new output is one line in OUTPUTS and `pytest --write-golden`; its diff is to be read.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.place import Place
from tests.tools.test_pipes_filters import there

GOLDEN = Path(__file__).parent / "golden"
VECTORS = Path(__file__).parents[1] / "vectors"
BEP_44 = json.loads((VECTORS / "bep_0044.json").read_text("utf-8"))
CREATE = "rain-create --created-by samples"
FULL = (
    f"{CREATE} --hybrid -t http://one.example/a,udp://two.example:1 -t http://three.example/a "
    "-w http://seed.example/ --node r.example:6881 -c 'a comment' -s TAG photos"
)
DAMAGED = f"{FULL} > made; rm photos/two; printf x | dd of=photos/one conv=notrunc 2>/dev/null;"
LINK = (
    "'magnet:?xt=urn:btih:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a&dn=photos&xl=25"
    "&tr=http%3A%2F%2Ft.example%2Fa&ws=http%3A%2F%2Fs.example%2F&x.pe=192.0.2.1:6881&so=0,2-4'"
)
KEY = f"echo {BEP_44['secret']} > key; chmod 600 key; rain-dht key show key"
OUTPUTS = {
    "create-v1.jsonl": f"{CREATE} photos",
    "create-v2.jsonl": f"{CREATE} --v2 photos",
    "create-hybrid.jsonl": f"{FULL} --magnet --json",
    "create-hybrid.txt": f"{FULL} --no-json",
    "dht-key.jsonl": KEY,
    "dht-key.txt": f"{KEY} --no-json",
    "edit.jsonl": f"{CREATE} photos | rain-edit --tracker http://t.example/a --comment new",
    "inspect-created.jsonl": f"{FULL} | rain-inspect --pieces",
    "inspect-created.txt": f"{FULL} | rain-inspect --no-json --files",
    "inspect-raw.jsonl": f"{CREATE} photos/two -o - | rain-inspect --raw",
    "magnet-of-link.jsonl": f"rain-magnet {LINK}",
    "magnet-of-link.txt": f"rain-magnet --no-json {LINK}",
    "magnet-of-torrent.jsonl": f"{FULL} | rain-magnet",
    "magnet-of-torrent.txt": f"{FULL} | rain-magnet --no-json --select 0,2",
    "verify-good.jsonl": f"{CREATE} photos | rain-verify",
    "verify-good.txt": f"{CREATE} photos | rain-verify --no-json",
    "verify-damaged.jsonl": f"{DAMAGED} rain-verify < made",
    "verify-damaged.txt": f"{DAMAGED} rain-verify --no-json < made",
}


@pytest.mark.parametrize("name", [name for name, line in OUTPUTS.items() if there(line)])
def test_a_command_prints_what_its_golden_file_says(
    place: Place, name: str, request: pytest.FixtureRequest
) -> None:
    ended = place.run(f"export SOURCE_DATE_EPOCH=1500000000; {OUTPUTS[name]}")
    shown = ended.stdout.replace(str(place.path), "/place")
    path = GOLDEN / name
    if request.config.getoption("--write-golden"):
        path.write_text(shown)
    assert shown
    assert shown == path.read_text()
    assert ended.code == (1 if "damaged" in name else 0)
