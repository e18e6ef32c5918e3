"""Key files as the commands see them."""

from raintools._kit import dht_keys, exits, output
from raintools._kit.options import Common
from raintools.rain_dht import main
from tests.tools.running import run


def test_a_new_key_is_told_with_its_path(tmp_path):
    path = tmp_path / "key"
    [key] = run(main, "key", "new", path).documents
    assert (key["type"], key["path"]) == ("key", str(path))
    assert run(main, "key", "show", path).documents == [key]


def test_loading_warns_of_readers(tmp_path, capsys):
    path = tmp_path / "key"
    run(main, "key", "new", path)
    common = Common(output.Writer(), exits.Outcome("rain-test"), False, 0)
    dht_keys.load(str(path), common)
    assert capsys.readouterr().err == ""
    path.chmod(0o640)
    dht_keys.load(str(path), common)
    assert "warning: others may read this key" in capsys.readouterr().err
