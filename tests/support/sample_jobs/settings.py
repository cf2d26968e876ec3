"""postroom.web.site.settings with the sample jobs, for the processes that tests start."""

from postroom.web.site.settings import *  # noqa: F403
from postroom.web.site.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.sample_jobs"]
