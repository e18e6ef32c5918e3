from pathlib import Path

import pytest

from raincore.base.errors import FormatError
from raincore.documents import documents
from raincore.formats import magnet
from raincore.formats.info import MetaVersion
from raintools._kit import exits, output
from raintools._kit.options import Common
from raintools._kit.sources import Loaded
from raintools._kit.verifier import Verifier
from tests.storage.verifying import LENGTHS, make, write


def verifier(directory: Path, *, quick: bool = False) -> Verifier:
    common = Common(output.Writer(as_json=True), exits.Outcome("try"), quiet=True, verbose=0)
    return Verifier(directory, None, quick, None, 1, None, common)


def test_a_task_names_its_disk_and_its_length(tmp_path: Path) -> None:
    write(tmp_path / "t", LENGTHS)
    torrent = make(tmp_path / "t", MetaVersion.V1)
    loaded = Loaded(documents.of_metainfo(torrent), torrent, "x")
    task = verifier(tmp_path).plan(loaded)
    assert task.device == tmp_path.stat().st_dev
    assert task.length == sum(LENGTHS.values())
    assert verifier(tmp_path, quick=True).plan(loaded).length == 0
    _, result = task.work(lambda done: None, lambda: False)
    assert result.is_complete


def test_a_magnet_link_is_refused(tmp_path: Path) -> None:
    link = magnet.parse("magnet:?xt=urn:btih:" + "0a" * 20)
    with pytest.raises(FormatError, match="no hashes to verify with"):
        verifier(tmp_path).plan(Loaded(documents.of_magnet(link), link, "x"))
