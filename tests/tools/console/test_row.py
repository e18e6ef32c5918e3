"""What a torrent of the list is called."""

from raintools.console.row import Row


def test_its_numbers_know_the_name_best() -> None:
    assert Row("one", {"Name": "listed"}, (0, "one")).name == "listed"
    assert Row("one", {"Name": "listed"}, (0, "one"), {"Name": "known"}).name == "known"
