"""Our parts of admin pages in Django's own look, by a process without unfold."""

import json

from tests.support.other_sites.run import start


def test_cards_buttons_and_badges_are_plain_html_and_escaped() -> None:
    done = start(module="tests.support.other_sites.plain_look")
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["bases"]
    assert 'class="email-badge email-badge-danger"' in found["pair"]
    assert "Bad &lt;b&gt;" in found["pair"]
    assert 'class="email-badge"' in found["text"]
    assert found["empty"] == ""
    assert found["title"] == "State"
    page = found["page"]
    assert '<section class="email-card">' in page
    assert "A &lt;title&gt;" in page
    assert "&lt;i&gt;" in page
    assert "<i>" not in page
    assert '<button class="email-press" type="submit" name="requeue">Requeue</button>' in page
