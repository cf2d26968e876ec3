"""URL routes of the board and of the endpoints."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from postroom.web.protection.login_page import LoginPage
from postroom.web.systems.tracker import api, pages

router = SimpleRouter()
router.register("epics", api.EpicViewSet)
router.register("user-stories", api.UserStoryViewSet)
router.register("tasks", api.TaskViewSet)

login = LoginPage.as_view(
    next_page="tracker:board", place="board", extra_context={"name_label": "User name"}
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
