from raincore.documents import matches, registry
from raincore.formats import metainfo
from tests.documents import samples

INFO = metainfo.parse(samples.torrent(samples.info_hybrid())).info


def test_a_match_is_as_its_schema_says() -> None:
    value = matches.encode(
        INFO,
        0,
        "exact",
        number=0,
        target="/srv/\udcff",
        source="/data/x\n",
        pieces=(2, 3),
        applied="copy",
    )
    registry.validate(value)
    assert value["target"] == "/srv/�"
    assert value["source"] == "/data/x�"
    assert (value["pieces_proven"], value["pieces_total"], value["applied"]) == (2, 3, "copy")
    assert value["path"] == "/".join(INFO.files[0].path)


def test_what_is_not_known_is_left_out() -> None:
    value = matches.encode(INFO, 0, "missing", number=0, target="/x", source=None, pieces=(0, 1))
    registry.validate(value)
    assert value.keys().isdisjoint({"source", "applied"})
