"""Make trio's scheduler repeat itself from a seed.

trio runs the tasks of one batch in random order, on purpose. A simulated world needs that
order to be a function of the seed. This is the only file that touches the two private
names it takes; trio's own tests do the same, and a test notices when they change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trio._core import _run


@contextmanager
def deterministic_scheduler(seed: int) -> Iterator[None]:
    """Within, what trio runs depends on nothing but the program and the seed.

    May surround `trio.run`, or be entered first thing inside of it.
    """
    was_allowed, state = _run._ALLOW_DETERMINISTIC_SCHEDULING, _run._r.getstate()
    _run._ALLOW_DETERMINISTIC_SCHEDULING = True
    _run._r.seed(seed)
    try:
        yield
    finally:
        _run._ALLOW_DETERMINISTIC_SCHEDULING = was_allowed
        _run._r.setstate(state)
