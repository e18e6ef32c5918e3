"""One mapping of scalars and lists, with lines; nothing else, and nothing that grows."""

import time

import pytest

from raincore.base.errors import FormatError
from raincore.session import yaml_mapping
from raincore.session.yaml_mapping import Entry


def test_scalars_keep_their_text_and_line():
    found = yaml_mapping.read(b"# rain\na: 0750\n\nb: 'yes'\nc: 1e3\n")
    assert found == [Entry("a", 2, "0750"), Entry("b", 4, "yes"), Entry("c", 5, "1e3")]


def test_lists_in_both_notations():
    found = yaml_mapping.read(b"a: [x, 'y z']\nb:\n  - 1\n  - two\nc: []\n")
    assert [entry.items for entry in found] == [("x", "y z"), ("1", "two"), ()]


@pytest.mark.parametrize("data", [b"", b"# nothing\n", b"---\n", b"---\n...\n", b"''"])
def test_an_empty_file_has_no_entries(data):
    assert yaml_mapping.read(data) == []


@pytest.mark.parametrize("data", [b"a:\n", b"a: ~\n", b"a: null\n"])
def test_an_empty_value_is_none(data):
    assert yaml_mapping.read(data) == [Entry("a", 1)]


def test_an_alias_of_a_scalar_is_that_scalar():
    assert yaml_mapping.read(b"a: &x 5\nb: *x\n")[1] == Entry("b", 2, "5")


def test_of_several_documents_the_first_counts():
    assert yaml_mapping.read(b"a: 1\n---\nb: 2\n") == [Entry("a", 1, "1")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"text", "line 1: is no mapping of keys to values"),
        (b"- 1\n", "line 1: is no mapping of keys to values"),
        (b"a: 1\nb: {c: 1}\n", "line 2: b: is a mapping, expected one value or a list"),
        (b"a: [1, [2]]\n", "line 1: a list holds something else than plain texts"),
        (b"? [a]\n: 1\n", "line 1: a key is no plain text"),
        (b"a: b: c\n", "line 1: mapping values are not allowed here"),
        (b"a: *x\n", "line 1: found undefined alias 'x'"),
        (b"a: [\n", "line 2: expected the node content, but found '<stream end>'"),
        (b"a: &x [*x]\n", "line 1: a list holds something else than plain texts"),
        (b"[" * 1000, "line 1: is nested"),
        (b"a: 'x\n", "line 2: found unexpected end of stream"),
        (b"\xff", "is no YAML, which is UTF-8 text"),
        (b"a: \x00", "is no YAML, which is UTF-8 text"),
        (b"a" * 300_000, "is longer than 256 KiB"),
    ],
)
def test_anything_else_is_refused_with_its_line(data, said):
    with pytest.raises(FormatError) as caught:
        yaml_mapping.read(data)
    assert str(caught.value) == said


def test_what_would_grow_does_not():
    lists = b"".join(
        b"l%d: &l%d [%s]\n" % (n, n, b", ".join([b"*l%d" % (n - 1)] * 9)) for n in range(1, 30)
    )
    began = time.process_time()
    with pytest.raises(FormatError):
        yaml_mapping.read(b"l0: &l0 x\n" + lists)
    assert time.process_time() - began < 5
