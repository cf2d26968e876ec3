"""The mails of agreements and club, with their samples, as a recipient reads them."""

import json
import re

import pytest

from postroom.web.systems.club.escalation import Step
from tests.support.shipped_templates import shipped_renderer

renderer = shipped_renderer()
NAMES = [n for n in renderer.names() if n.startswith(("agreements/", "club/"))]


def test_every_mail_of_both_systems_has_a_template() -> None:
    assert len(NAMES) == 9
    assert all(renderer.sample(name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_mail_reads_well_with_its_sample(name: str) -> None:
    content = renderer.render(name, renderer.sample(name))
    assert content.subject
    assert "\n\n\n" not in content.text
    assert max(map(len, content.text.splitlines())) <= 100
    assert not re.search(r" {2}\(|\( | ,|None|\{\{", content.text)


@pytest.mark.parametrize("name", NAMES)
def test_markup_in_names_stays_text(name: str) -> None:
    sample = json.dumps(renderer.sample(name)).replace("Ann Lee", "<script>x</script>")
    sample = sample.replace("Riverside", "<script>x</script>").replace("Carter", "<b>")
    content = renderer.render(name, json.loads(sample))
    assert "<script" not in content.html
    assert "<b>" not in content.html


@pytest.mark.parametrize("step", list(Step))
def test_each_step_of_a_late_report_has_words_of_its_own(step: Step) -> None:
    sample = renderer.sample("club/late_spr") | {"step": step.value, "days_overdue": 40}
    subjects = {
        renderer.render("club/late_spr", sample | {"step": other.value}).subject for other in Step
    }
    content = renderer.render("club/late_spr", sample)
    assert len(subjects) == len(Step)
    assert "Ben Carter" in content.subject
    assert "Ben Carter" in content.text
