"""URL routes under /admin/queue/."""

from django.urls import path

from postroom.web.console import views

app_name = "dashboard"
urlpatterns = [
    path("flow/", views.fragment, name="flow"),
    path("pause/", views.pause, name="pause"),
    path("resume/", views.resume, name="resume"),
]
