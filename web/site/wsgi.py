"""The entry point of the web server."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from postroom.shared.env import SettingsError
from postroom.web.protection.request import Utf8Request
from postroom.web.startup_checks import log_findings

# gunicorn then stops, instead of starting the worker again and again.
_WORKER_BOOT_ERROR = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "postroom.web.site.settings")
try:
    application = get_wsgi_application()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(_WORKER_BOOT_ERROR)
application.request_class = Utf8Request
log_findings()
