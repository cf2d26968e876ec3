"""Django's settings for a pytest started by hand: the site's, once there are services to name.

`make test` has set everything before; then this only hands on.
"""

import atexit
import os
from contextlib import ExitStack

from dev.keeper import MARK
from dev.services import services
from dev.test import test_environment

for _name, _value in test_environment().items():
    os.environ.setdefault(_name, _value)
# Programs that tests start, and xdist's workers, find all they need in the environment.
os.environ["DJANGO_SETTINGS_MODULE"] = "postroom.web.site.settings"

if MARK not in os.environ:
    _stack = ExitStack()
    atexit.register(_stack.close)
    os.environ |= _stack.enter_context(services(management=True)).environment

from tests.support.site_settings import *  # noqa: E402, F403
