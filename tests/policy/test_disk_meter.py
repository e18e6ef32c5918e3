"""What is read and written is counted, and how often memory was enough."""

from raincore.policy.disk_meter import DiskMeter


def test_a_meter_begins_with_nothing():
    meter = DiskMeter()
    assert (meter.loading, meter.storing, meter.percent_found(0.0)) == (0, 0, 0)


def test_bytes_and_runs_are_counted():
    meter = DiskMeter()
    for now in (1.0, 2.0):
        meter.has_read(100, now)
        meter.has_written(7, now)
    assert (meter.read.total, meter.reads.total) == (200, 2)
    assert (meter.written.total, meter.writes.total) == (14, 2)
    assert meter.reads.per_second(3.0) == 1.0


def test_the_use_of_memory_is_of_the_last_minute():
    meter = DiskMeter()
    meter.has_read(100, 0.0)
    for now in (0.0, 1.0, 2.0):
        meter.found(now)
    assert meter.percent_found(2.0) == 75
    assert meter.percent_found(100.0) == 0
