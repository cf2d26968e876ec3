"""Items in the requests and responses of the API."""

from typing import Any

from rest_framework import serializers

from postroom.web.api.strict import StrictModelSerializer
from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import Epic, Task, UserStory

_COMMON = (
    "id", "title", "description", "priority", "status", "reporter", "reporter_name",
)  # fmt: skip
_TIMES = ("created_at", "updated_at")


class ItemSerializer(StrictModelSerializer):
    """People are given by id; names are read-only. The reporter is by default the user."""

    reporter_name = serializers.SerializerMethodField()
    # The field of the parent item, to which only its own people may add items.
    above = ""

    def get_reporter_name(self, item: Any) -> str:
        """'' when there is none."""
        return _name(item.reporter)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An item can be added only to a parent that the user may change."""
        above = attrs.get(self.above)
        if above is None or above == getattr(self.instance, self.above, None):
            return attrs
        if not Membership(self.context["request"].user).may_edit(above):
            raise serializers.ValidationError({self.above: "You are not a member of it."})
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        """With the user of the request as reporter."""
        validated_data.setdefault("reporter", self.context["request"].user)
        return super().create(validated_data)


class EpicSerializer(ItemSerializer):
    owner_name = serializers.SerializerMethodField()

    class Meta:
        model = Epic
        fields = (*_COMMON, "owner", "owner_name", "members", *_TIMES)

    def get_owner_name(self, epic: Epic) -> str:
        """'' when there is none."""
        return _name(epic.owner)


class _AssignedSerializer(ItemSerializer):
    assigned_to_name = serializers.SerializerMethodField()

    def get_assigned_to_name(self, item: Any) -> str:
        """'' when there is none."""
        return _name(item.assigned_to)


class UserStorySerializer(_AssignedSerializer):
    above = "epic"

    class Meta:
        model = UserStory
        fields = (*_COMMON, "assigned_to", "assigned_to_name", "epic", *_TIMES)


class TaskSerializer(_AssignedSerializer):
    above = "user_story"

    class Meta:
        model = Task
        fields = (*_COMMON, "assigned_to", "assigned_to_name", "user_story", *_TIMES)


def _name(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""
