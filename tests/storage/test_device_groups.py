import os
from pathlib import Path

import pytest

from raincore.storage import device_groups

DISK, PART, VOLUME = os.makedev(8, 0), os.makedev(8, 1), os.makedev(253, 0)


@pytest.fixture(params=["0", "1"])
def sys(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A disk with a partition, and an encrypted volume in the partition."""
    disk = tmp_path / "devices" / "sda"
    partition, volume = disk / "sda1", tmp_path / "devices" / "dm-0"
    for place, queue in ((disk, request.param), (volume, "0")):
        (place / "queue").mkdir(parents=True)
        (place / "queue" / "rotational").write_text(f"{queue}\n")
    partition.mkdir()
    (partition / "partition").write_text("1\n")
    (volume / "slaves").mkdir()
    (volume / "slaves" / "sda1").symlink_to(partition)
    by_number = tmp_path / "dev" / "block"
    by_number.mkdir(parents=True)
    for number, place in (("8:0", disk), ("8:1", partition), ("253:0", volume)):
        (by_number / number).symlink_to(place)
    return by_number


@pytest.mark.parametrize("device", [DISK, PART, VOLUME])
def test_a_volume_spins_if_its_disk_does(device: int, sys: Path) -> None:
    spins = (sys / "8:0" / "queue" / "rotational").read_text() == "1\n"
    assert device_groups.is_rotational(device, sys) == spins


def test_what_is_unknown_does_not_spin(tmp_path: Path) -> None:
    assert not device_groups.is_rotational(DISK, tmp_path)


def test_a_loop_of_devices_ends(tmp_path: Path) -> None:
    for name, other in (("8:0", "8:1"), ("8:1", "8:0")):
        (tmp_path / name / "slaves").mkdir(parents=True)
        (tmp_path / name / "slaves" / "x").symlink_to(tmp_path / other)
    assert not device_groups.is_rotational(DISK, tmp_path)


def test_a_path_that_is_not_there_is_on_the_device_of_what_is_above(tmp_path: Path) -> None:
    assert device_groups.device_of(str(tmp_path / "a" / "b")) == tmp_path.stat().st_dev
