"""postroom.web.settings with the sample jobs, for the processes that tests start."""

from postroom.web.settings import *  # noqa: F403
from postroom.web.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.sample_jobs"]
