import subprocess
import sys

from raincore.session import collector

# In a process of its own: what is frozen here would outlive the other tests of this one.
SCRIPT = """
import gc
from raincore.session import collector
collector.be_patient()
ring = []
ring.append(ring)
del ring
print(gc.get_freeze_count() > 1000, gc.get_threshold(), gc.isenabled(), gc.collect() > 0)
"""


def test_what_is_there_is_left_alone_and_later_garbage_is_looked_for_seldom():
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert found.stdout.strip() == f"True {collector.THRESHOLDS} True True", found.stderr
