"""Click types for what people type."""

import click
import pytest

from raintools._kit import params


def convert(kind, text):
    return kind.convert(text, None, None)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (params.Rate(), "500KiB", 512_000),
        (params.Duration(), "5m", 300.0),
        (params.Duration(), "0", 0.0),
        (params.Patience(), "5m", 300.0),
        (params.EndpointType(), "192.0.2.1:6881", "192.0.2.1:6881"),
        (params.EndpointType(), "[2001:DB8:0::1]:6881", "[2001:db8::1]:6881"),
        (params.EndpointType(), "Peer.Example:06881", "peer.example:6881"),
        (params.EndpointType(), "localhost:1", "localhost:1"),
        (params.Ratio(), "1.5", 1.5),
        (params.Ratio(), "0", 0.0),
        (params.Indices(), "0,3-5", (0, 3, 4, 5)),
        (params.Indices(), "5, 3-4 ,3", (3, 4, 5)),
    ],
)
def test_what_people_type_is_understood(kind, text, value):
    assert convert(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (params.Rate(), "fast"),
        (params.Duration(), "soon"),
        (params.Patience(), "soon"),
        (params.Patience(), "0s"),
        (params.EndpointType(), "192.0.2.1"),
        (params.EndpointType(), "192.0.2.1:0"),
        (params.EndpointType(), "192.0.2.400:6881"),
        (params.EndpointType(), "2001:db8::1:6881"),
        (params.EndpointType(), "peer.example:0"),
        (params.EndpointType(), "peer.example:65536"),
        (params.EndpointType(), "peer.example:9999999999"),
        (params.EndpointType(), "peer.example:x"),
        (params.EndpointType(), "peer example:1"),
        (params.EndpointType(), "-peer:1"),
        (params.EndpointType(), ":1"),
        *((params.Ratio(), text) for text in ("", "-1", "nan", "inf", "1e9", "1.", "٣")),
        (params.Indices(), ""),
        (params.Indices(), "1,,2"),
        (params.Indices(), "5-3"),
        (params.Indices(), "0-99999999"),
        (params.Indices(), "0-999999,1000000-1999999"),
        (params.EndpointType(), "[fe80::1%eth0]:1"),
        (params.Indices(), "-1"),
    ],
)
def test_nonsense_is_wrong_usage(kind, text):
    with pytest.raises(click.BadParameter):
        convert(kind, text)


def test_a_value_that_click_passes_as_default_is_left_alone():
    assert convert(params.Rate(), 4) == 4
