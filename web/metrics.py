"""Serves `/metrics` for Prometheus, from the database: every web process gives the same answer."""

import ipaddress
from typing import Final

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Info, generate_latest

from postroom.web.conf import conf
from postroom.web.emails.operating.metrics import QueueCollector

# By app; a site may leave these out.
_OF_PARTS: Final = {
    "postroom.web.jobs": "postroom.web.jobs.metrics.JobCollector",
    "postroom.web.notifications": "postroom.web.notifications.metrics.NoticeCollector",
}
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics, for clients that send `METRICS_TOKEN`; without that setting, for this host only."""
    if not _allowed(request):
        return HttpResponse("403: metrics token required.\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(QueueCollector())
    for part, collector in _OF_PARTS.items():
        if apps.is_installed(part):
            registry.register(import_string(collector)())
    if conf.runbooks_url:
        about = Info("postroom_runbooks", "Where alerts find their pages", registry=registry)
        about.info({"url": conf.runbooks_url})
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _allowed(request: HttpRequest) -> bool:
    if conf.metrics_token:
        given = request.headers.get("Authorization", "")
        return constant_time_compare(given, f"Bearer {conf.metrics_token}")
    # A proxy on this host forwards requests of others.
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False  # a Unix socket, so there is a proxy
