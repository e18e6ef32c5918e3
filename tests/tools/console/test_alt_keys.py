"""Ctrl-Alt keys of plain terminals are not taken for Ctrl alone."""

from textual._xterm_parser import XTermParser

from raintools.console import alt_keys


def keys(data):
    parser = XTermParser()
    return [event.key for event in parser.feed(data) if hasattr(event, "key")]


def test_the_two_are_told_apart():
    alt_keys.teach("as")
    assert keys("\x1b\x13") == ["alt+ctrl+s"]
    assert keys("\x1b\x01") == ["alt+ctrl+a"]
    assert keys("\x13") == ["ctrl+s"]
