"""What the mailer makes of a letter: its language, the link of its list, the logo; at what cost."""

import subprocess
import sys
from unittest.mock import Mock

from dev.keeper import ROOT
from postroom.mailer.attempt import Attempt
from postroom.mailer.message.build import build
from postroom.shared.rendering.renderer import Renderer
from tests.support.sample_messages import an_email, read


def test_letter_of_a_list_says_how_to_leave_it_in_the_language_it_is_in() -> None:
    renderer = Renderer(language="fr")
    attempt = Attempt(
        renderer=renderer, files=Mock(), hand_over=Mock(), circuit=Mock(), pace=Mock(), retry=Mock()
    )
    email = an_email(
        subject="",
        plain_body="",
        template_path="reports/invitation",
        context=renderer.sample("reports/invitation"),
        language="en-GB",
        headers={"List-Unsubscribe": "<mailto:u@example.org>, <https://example.org/u/t>"},
    )
    content = attempt.content(email)
    assert '<a href="https://example.org/u/t"' in content.html
    assert "https://example.org/u/t" in content.text
    assert '<html lang="en" dir="ltr">' in content.html
    assert read(build(email, content))["Content-Language"] == "en"


def test_mailer_that_writes_no_dates_loads_neither_babel_nor_gettext() -> None:
    program = (
        "import sys, postroom.mailer.wiring\n"
        "from postroom.shared.rendering.renderer import Renderer\n"
        "r = Renderer(); r.render('reports/invitation', r.sample('reports/invitation'))\n"
        "print(sorted({'babel', 'gettext'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
