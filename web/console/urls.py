"""URL routes below the address where the site mounts the console."""

from django.urls import path

from postroom.web.console import (
    pause_pages,
    processes,
    registry,
    sections,
    suppression,
    template_pages,
    views,
)
from postroom.web.console.emails import urls as emails

app_name = "postroom_console"
sections.register_own()
urlpatterns = [
    path("", views.home, name="home"),
    path("flow/", views.fragment, name="flow"),
    path("zone/", views.zone, name="zone"),
    path("pause/", pause_pages.pause, name="pause"),
    path("resume/", pause_pages.resume, name="resume"),
    *emails.urlpatterns,
    path("templates/", template_pages.listed, name="templates"),
    path("templates/frame/", template_pages.frame, name="template_frame"),
    path("templates/test/", template_pages.send_test, name="template_test"),
    path("processes/", processes.processes, name="processes"),
    path("processes/flow/", processes.fragment, name="processes_flow"),
    path("suppression/", suppression.suppression, name="suppression"),
    path("suppression/<int:entry_id>/allow/", suppression.allow, name="allow"),
    *registry.routes(),
]
