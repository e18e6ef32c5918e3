"""What a torrent would be like is said without making it."""

from types import SimpleNamespace

import pytest

from raincore.base.errors import ConfigError
from raincore.documents.plans import Cost, Mode, PlanDocument
from raincore.formats.info import MetaVersion
from raincore.storage.creation_options import CreateOptions, SortKey
from raintools._kit import planning

PLAIN = SimpleNamespace(styled=lambda text, **style: text)


def test_people_get_a_table_with_a_star_at_the_choice():
    v1 = Mode("v1", False, Cost(32768, 1000, 0, 20000), [Cost(16384, 2000, 0, 40000)])
    aligned = Mode("v1", True, Cost(32768, 1001, 5000, 21000))
    plan = PlanDocument(
        path="/t",
        name="t",
        total_length=32768000,
        file_count=1,
        modes=[v1, aligned],
        chosen=aligned,
    )
    assert planning.table(plan, PLAIN).splitlines() == [
        "t: 31.2 MiB in 1 file",
        "   version     pieces  piece length   padding  .torrent",
        "                2,000      16.0 KiB       0 B  39.1 KiB",
        "   v1           1,000      32.0 KiB       0 B  19.5 KiB",
        "*  v1 --align   1,001      32.0 KiB  4.88 KiB  20.5 KiB",
    ]


def test_what_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    wanted = CreateOptions(version=MetaVersion.V2, sort_by=(SortKey("size"),))
    with pytest.raises(ConfigError, match="one order only"):
        planning.tell(str(tmp_path / "x"), wanted, None, ())
