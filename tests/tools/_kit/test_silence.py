"""Standard output that is for something else."""

from raintools._kit import silence
from raintools._kit.exits import Outcome
from raintools._kit.options import Common
from raintools._kit.output import Writer


def test_a_silent_writer_writes_no_document(capsys):
    common = Common(Writer(as_json=True), Outcome("rain-fetch"), False, 0)
    silence.silent(common).out.value({"type": "torrent"})
    assert capsys.readouterr().out == ""
