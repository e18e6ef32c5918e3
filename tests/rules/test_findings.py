"""The man page of rain-inspect lists every code of a finding, how bad it is and what it means."""

import re

from raincore.formats.lint_codes import CODES
from tests.rules import man_options

ENTRY = re.compile(r'^\.TP\n\.BR (\S+) " \((\w+)\)"\n(.+)$', re.MULTILINE)


def test_findings_are_listed_as_the_catalogue_has_them() -> None:
    page = man_options.page_path("rain-inspect").read_text()
    section = page.partition(".SH FINDINGS\n")[2].partition("\n.SH ")[0]
    listed = ENTRY.findall(section)
    wanted = [
        (
            man_options.escaped(code),
            severity,
            man_options.escaped(meaning).replace('"', r"\(dq"),
        )
        for code, (severity, meaning) in sorted(CODES.items())
    ]
    assert listed == wanted
