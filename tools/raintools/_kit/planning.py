"""Says what a torrent would be like without making it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from raincore.base import units
from raincore.documents import plans
from raincore.storage import content_scan, creation_options, creation_outlook

if TYPE_CHECKING:
    from collections.abc import Collection

    from raincore.documents.plans import PlanDocument
    from raincore.storage.content_scan import Identity
    from raincore.storage.creation_options import CreateOptions
    from raintools._kit.options import Common
    from raintools._kit.output import Writer

__all__ = ["tell"]

HEAD = ("", "version", "pieces", "piece length", "padding", ".torrent")


def tell(path: str, wanted: CreateOptions, common: Common, apart: Collection[Identity]) -> None:
    """Scan a path and print the plan; files are not opened.

    Raises:
        ConfigError, FormatError, ReadError: As `creation.create`.
    """
    creation_options.check(wanted)
    place = os.path.abspath(path)
    name = creation_options.name_of(place, wanted)
    scan = content_scan.scan(place, wanted.rules, apart=apart)
    for note in scan.notes:
        common.warn(f"{path}: {note}")
    plan = creation_outlook.outlook(place, scan, name, wanted)
    if common.out.human:
        common.out.text(table(plan, common.out))
    else:
        common.out.value(plans.encode(plan))


def table(plan: PlanDocument, out: Writer) -> str:
    """A line for each way and piece length; a star at what would be made."""
    rows = [HEAD]
    for mode in plan.modes:
        label = (
            f"{mode.meta_version}{' --align' if mode.align and mode.meta_version == 'v1' else ''}"
        )
        for cost in sorted((mode.cost, *mode.others)):
            is_own = cost is mode.cost
            star = "*" if is_own and mode == plan.chosen else ""
            rows.append(
                (
                    star,
                    label if is_own else "",
                    f"{cost.piece_count:,}",
                    units.format_size(cost.piece_length),
                    units.format_size(cost.padding_length),
                    units.format_size(cost.torrent_length),
                )
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    files = f"{plan.file_count:,} file{'s' if plan.file_count != 1 else ''}"
    lines = [f"{plan.name}: {units.format_size(plan.total_length)} in {files}"]
    for row in rows:
        star, label, *numbers = row
        cells = [star.ljust(widths[0]), label.ljust(widths[1])]
        cells += [text.rjust(width) for text, width in zip(numbers, widths[2:], strict=True)]
        line = "  ".join(cells).rstrip()
        lines.append(out.styled(line, bold=True) if star else line)
    return "\n".join(lines)
