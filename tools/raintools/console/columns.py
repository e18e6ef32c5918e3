"""The columns of the torrent list: how wide they are, what they show, what they sort by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import ConfigError
from raincore.base.printable import printable
from raintools.ctl import text_forms
from raintools.ctl.fields import length, number, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raintools.console.row import Row

__all__ = ["COLUMNS", "DEFAULT", "Column", "chosen"]

DEFAULT = "# Name Status Progress Speed ETA Size"
MIB = 1024 * 1024


class Column(NamedTuple):
    """One column.

    Args:
        name: As `--columns` has it.
        width: In cells; 0 takes what the others leave.
        show: What a row has in it; the number is its place in the list.
        rank: What to sort by, the smallest first.
        right: Whether it stands to the right.
        needs_stats: Whether the list alone does not say it.
    """

    name: str
    width: int
    show: Callable[[Row, int], str]
    rank: Callable[[Row], Any]
    right: bool = False
    needs_stats: bool = True


def _status(row: Row) -> str:
    word = text(row.stats or row.listed, "Status")
    failed = word == "Stopped" and text(row.stats or row.listed, "Error")
    return "Failed" if failed else word.removesuffix(" Metadata")


def _speed(row: Row) -> int:
    way = "Upload" if text(row.stats, "Status") == "Seeding" else "Download"
    return number(row.stats, "Speed", way)


def _of_stats(show: Callable[[Row], str]) -> Callable[[Row, int], str]:
    return lambda row, place: show(row) if row.stats else ""


def _eta_rank(row: Row) -> int:
    eta = number(row.stats, "ETA") if row.stats else -1
    return eta if eta >= 0 else 2**63


ALL = (
    Column("#", 5, lambda row, place: str(place), lambda row: row.order, True, False),
    Column("ID", 22, lambda row, place: row.ident, lambda row: row.ident, False, False),
    Column("Name", 0, lambda row, place: row.name, lambda row: row.name.casefold(), False, False),
    Column(
        "InfoHash",
        40,
        lambda row, place: text(row.listed, "InfoHash"),
        lambda row: text(row.listed, "InfoHash"),
        needs_stats=False,
    ),
    Column(
        "Port",
        5,
        lambda row, place: str(number(row.listed, "Port")),
        lambda row: number(row.listed, "Port"),
        True,
        False,
    ),
    Column("Status", 11, lambda row, place: _status(row), _status),
    Column("Speed", 8, _of_stats(lambda r: f"{_speed(r) // 1024} K"), lambda r: -_speed(r), True),
    Column("ETA", 8, _of_stats(lambda row: text_forms.eta(row.stats)), _eta_rank, True),
    Column(
        "Progress",
        8,
        _of_stats(lambda row: f"{text_forms.progress(row.stats)}%"),
        lambda row: -text_forms.progress(row.stats),
        True,
    ),
    Column(
        "Ratio",
        5,
        _of_stats(lambda row: f"{text_forms.ratio(row.stats):.2f}"),
        lambda row: -text_forms.ratio(row.stats),
        True,
    ),
    Column(
        "Size",
        9,
        _of_stats(lambda row: f"{length(row.stats) // MIB} M"),
        lambda row: -length(row.stats),
        True,
    ),
)
COLUMNS = {column.name: column for column in ALL}


def chosen(names: str) -> Sequence[Column]:
    """The columns that were asked for, by names with spaces between.

    Raises:
        ConfigError: One of them is none, or there is no name at all.
    """
    by_name = {name.lower(): column for name, column in COLUMNS.items()}
    words = names.split()
    unknown = [word for word in words if word.lower() not in by_name]
    if unknown or not words:
        wrong = f": {printable(unknown[0], 40)!r}" if unknown else ""
        raise ConfigError(f"columns are {' '.join(COLUMNS)}, not others{wrong}", "columns")
    return [by_name[word.lower()] for word in words]
