"""What `raincore` exports is there, is loaded when it is used, and is documented."""

import subprocess
import sys

import pytest

import raincore


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    for name in raincore.__all__:
        value = getattr(raincore, name)
        assert name == "__version__" or value.__doc__, name
    assert set(raincore.__all__) <= set(dir(raincore))


def test_other_names_are_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sesion'"):
        raincore.Sesion  # noqa: B018


def test_importing_it_loads_nothing_else() -> None:
    code = "import raincore, sys; print([m for m in sys.modules if m.startswith(('raincore.', 'trio'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
