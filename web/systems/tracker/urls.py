"""URL routes of the board and of the endpoints."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from postroom.web.systems.tracker import api, pages

router = SimpleRouter()
router.register("epics", api.EpicViewSet)
router.register("user-stories", api.UserStoryViewSet)
router.register("tasks", api.TaskViewSet)

login = LoginView.as_view(
    template_name="tracker/login.html",
    next_page="tracker:board",
    extra_context={"site_name": settings.SITE_NAME},
)

app_name = "tracker"
urlpatterns = [
    path("board/", pages.board, name="board"),
    path("board/login/", login, name="login"),
    path("board/logout/", LogoutView.as_view(next_page="tracker:login"), name="logout"),
    path("board/<slug:kind>/<int:item_id>/", pages.item_page, name="item"),
    path("board/<slug:kind>/<int:item_id>/status/", pages.move, name="move"),
    path("api/", include(router.urls)),
]
