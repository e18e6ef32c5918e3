from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash
from raincore.policy import allowed_fast

TORRENT = InfoHash(b"\xaa" * 20)


def of(host: str, wanted: int = 7, pieces: int = 1313, torrent: InfoHash = TORRENT) -> list[int]:
    return list(allowed_fast.pieces(Endpoint(host, 6881), torrent, pieces, wanted))


def test_the_set_is_that_of_the_example_of_bep_6():
    assert of("80.4.4.200") == [1059, 431, 808, 1217, 287, 376, 1188]
    assert of("80.4.4.200", 9) == [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]


def test_neighbours_have_the_same_set_and_strangers_have_others():
    assert of("80.4.4.1") == of("80.4.4.200") != of("80.4.5.200")
    assert of("2001:db8:0:1::1") == of("2001:db8:0:1:ff::9") != of("2001:db8:0:2::1")


def test_each_torrent_has_its_own():
    assert of("80.4.4.200", torrent=InfoHash(b"\xab" * 20)) != of("80.4.4.200")


def test_a_set_of_all_pieces_has_each_of_them_once():
    assert sorted(of("80.4.4.200", 5, 5)) == [0, 1, 2, 3, 4]


def test_nothing_wanted_is_nothing():
    assert of("80.4.4.200", 0) == []


def test_of_small_torrents_little_is_given_away():
    assert [allowed_fast.count(pieces, 5) for pieces in (0, 19, 20, 60, 100, 9999)] == [
        0,
        0,
        1,
        3,
        5,
        5,
    ]
