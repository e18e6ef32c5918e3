"""What a torrent would be like, as a JSON document."""

import json
from pathlib import Path

from raincore.documents import plans, registry
from raincore.documents.plans import Cost, Mode, PlanDocument

GOLDEN = Path(__file__).parent / "golden" / "plan-1.json"


def test_a_plan_is_written_as_its_golden_file_says():
    mode = Mode("v1", False, Cost(16384, 3, 0, 300), [Cost(32768, 2, 0, 280)])
    plan = PlanDocument(
        path="/srv/photos",
        name="photos",
        total_length=40010,
        file_count=2,
        modes=[mode],
        chosen=mode,
    )
    value = plans.encode(plan)
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert value == golden
    assert list(value) == list(golden)
    registry.validate(value)
