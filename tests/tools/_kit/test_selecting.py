"""--select, --priority and --sequential, and what they mean beside the selection of an input."""

from dataclasses import replace

import click
import pytest
from click.testing import CliRunner

from raincore.documents import documents
from raincore.formats import magnet, metainfo
from raincore.policy.file_selection import Selection
from raincore.policy.priorities import Priority
from raintools._kit import selecting
from raintools._kit.command import Command
from raintools._kit.selecting import Choice
from tests.documents import samples

TORRENT = metainfo.parse(samples.full())
DOCUMENT = documents.of_metainfo(TORRENT)


@pytest.fixture
def run():
    given = []

    @click.command("rain-test", cls=Command)
    @selecting.options
    def main(choice):
        given.append(choice)

    def run(*arguments):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == (0 if given else 2)
        return given[0] if given else result.stderr

    return run


def test_without_options_the_input_decides(run):
    assert run() == Choice()


def test_globs_and_indices_may_be_mixed_and_repeated(run):
    assert run("--select", "*.jpg", "--select", "1,3-5", "--select", "0", "--select", "a/b") == (
        Choice(("*.jpg", "a/b"), (0, 1, 3, 4, 5))
    )


def test_order_may_be_asked_for(run):
    assert run("--sequential") == Choice(sequential=True)


@pytest.mark.parametrize("text", ["3-1", "1,", "1-", "5--7"])
def test_numbers_that_make_no_sense_are_refused(run, text):
    assert "--select" in run("--select", text)


def test_files_may_be_preferred_to_others(run):
    choice = run("--priority", "*.nfo=low", "--priority", "0=skip", "--select", "a")
    assert choice.preferred == (
        (Selection(("*.nfo",)), Priority.LOW),
        (Selection(indices=(0,)), Priority.SKIP),
    )
    assert selecting.selection_of(choice, DOCUMENT) == Selection(("a",), preferred=choice.preferred)


def test_nothing_is_no_selection(run):
    assert "selects no file" in run("--select", "")


def test_a_name_of_digits_is_written_as_a_glob(run):
    assert run("--select", "[2]024") == Choice(("[2]024",))


def test_options_take_the_place_of_what_the_document_selects():
    document = replace(DOCUMENT, select=[1])
    assert selecting.selection_of(Choice(("a",)), document) == Selection(("a",))
    assert selecting.selection_of(Choice(indices=(0,)), document) == Selection(indices=(0,))
    assert selecting.selection_of(Choice(), document) == Selection(indices=(1,))
    preferred = ((Selection(("b",)), Priority.LOW),)
    assert selecting.selection_of(Choice(preferred=preferred), document) == (
        Selection(indices=(1,), preferred=preferred)
    )


def test_a_link_counts_its_own_way():
    document = documents.of_magnet(replace(magnet.of(TORRENT), select=(2, 4)))
    assert selecting.selection_of(Choice(), document) == Selection(linked=(2, 4))


def test_the_length_is_that_of_what_was_selected():
    assert selecting.length_of(DOCUMENT) == DOCUMENT.total_length
    assert selecting.length_of(replace(DOCUMENT, select=[0])) == DOCUMENT.files[0].length
    unknown = replace(magnet.of(TORRENT), length=None)
    assert selecting.length_of(documents.of_magnet(unknown)) == 0


class Session:
    """Knows the info dictionary, or not."""

    def __init__(self, info):
        self.known = info

    def info(self, info_hash):
        return self.known


class Job:
    """The part of a job that matters here."""

    info_hash = TORRENT.info.swarm_hash

    def __init__(self, select):
        self.select = select


def test_the_document_says_which_files_were_selected():
    session = Session(TORRENT.info)
    selected = selecting.selected(DOCUMENT, Job(Selection(("*",))), session)
    assert selected.select == tuple(range(len(DOCUMENT.files)))


def test_the_document_leaves_out_what_is_to_be_skipped():
    session = Session(TORRENT.info)
    skipped = Selection(preferred=((Selection(indices=(0,)), Priority.SKIP),))
    selected = selecting.selected(DOCUMENT, Job(skipped), session)
    assert selected.select == tuple(range(1, len(DOCUMENT.files)))


@pytest.mark.parametrize(
    ("info", "select"),
    [(None, Selection(("*",))), (TORRENT.info, Selection()), (TORRENT.info, Selection(("none",)))],
)
def test_the_document_stays_where_nothing_is_known_or_selected(info, select):
    assert selecting.selected(DOCUMENT, Job(select), Session(info)) is DOCUMENT
