"""The site's settings with the applications that only tests have; mypy reads them too."""

from postroom.web.site.settings import *  # noqa: F403
from postroom.web.site.settings import INSTALLED_APPS as _SITE

INSTALLED_APPS = [*_SITE, "tests.support.sample_jobs", "tests.support.sample_records"]
# The slow hash of real passwords would take most of the time of tests with users.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
