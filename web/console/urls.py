"""URL routes below the address where the site mounts the console."""

from django.urls import path

from postroom.web.console import views

app_name = "postroom_console"
urlpatterns = [
    path("", views.home, name="home"),
    path("flow/", views.fragment, name="flow"),
    path("pause/", views.pause, name="pause"),
    path("resume/", views.resume, name="resume"),
]
