"""Our endpoints answer the same, whatever a site has in REST_FRAMEWORK for its own."""

import json
from typing import Any

from tests.support.other_sites.hostile import DEFAULTS
from tests.support.other_sites.run import PARTS, empty_database, start


def test_the_sites_defaults_change_no_answer_of_ours() -> None:
    with empty_database() as url:
        usual = _answers(url)
        hostile = _answers(url, API=json.dumps(DEFAULTS))
    assert hostile == usual
    statuses = [status for status, _, _ in usual]
    assert statuses == [401, 401, 406, 400, 400, 405, 200, 200]
    assert {kind for _, kind, _ in usual} == {"application/json"}
    listed = json.loads(usual[-1][2])
    assert listed["count"] == 2
    assert [row["name"] for row in listed["results"]] == ["Bücher 2", "Bücher 1"]
    assert listed["results"][0]["time"] == "07:00:00"


def _answers(url: str, **choices: str) -> list[Any]:
    module = "tests.support.other_sites.ask_api"
    done = start(*PARTS, module=module, DATABASE_URL=url, **choices)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return list(json.loads(done.stdout.splitlines()[-1]))
