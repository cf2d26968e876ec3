"""Items in the requests and responses of the API."""

from collections.abc import Collection, Iterable
from typing import Any

from rest_framework import serializers

from postroom.web.api.strict import StrictModelSerializer
from postroom.web.people import name_of
from postroom.web.systems.tracker.membership import Membership
from postroom.web.systems.tracker.models import Epic, Task, UserStory

_COMMON = (
    "id", "title", "description", "priority", "status", "reporter", "reporter_name",
)  # fmt: skip
_TIMES = ("created_at", "updated_at")


class ItemSerializer(StrictModelSerializer):
    """People are given by ID; names are read-only, for users who may know them.

    The reporter is by default the user.
    """

    reporter_name = serializers.SerializerMethodField()
    # The field of the parent item, to which only its own people may add items.
    above = ""

    def get_reporter_name(self, item: Any) -> str:
        """'' when there is none, or the user may not know it."""
        return self._name(item, item.reporter)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Parents and people that the user may name.

        An item can be added only to a parent that the user may change. Without permission to change
        all items, nobody is made the reporter by others, and only people they know become owner of
        an epic that exists, or its members: who belongs to an epic reads the others' names.
        """
        above: Any = attrs.get(self.above)
        moved = above is not None and above != getattr(self.instance, self.above, None)
        if moved and not self.membership.may_edit(above):
            raise serializers.ValidationError({self.above: "You are not a member of it."})
        model: Any = self.Meta.model
        if not self.membership.may_name_anybody(model.kind):
            self._check_people(attrs)
        return attrs

    def _check_people(self, attrs: dict[str, Any]) -> None:
        item, user = self.instance, self.context["request"].user
        before = getattr(item, "reporter", None)
        if attrs.get("reporter") not in (None, user, before):
            raise serializers.ValidationError({"reporter": "You can name only yourself."})
        if item is not None and attrs.get("owner") not in (None, getattr(item, "owner", None)):
            self._check_known("owner", [attrs["owner"]], set())
        if members := attrs.get("members"):
            self._check_known("members", members, {*item.members.all()} if item else set())

    def _check_known(self, field: str, people: Iterable[Any], before: Collection[Any]) -> None:
        known = {self.context["request"].user.pk, *self.membership.colleagues()}
        if any(person.pk not in known and person not in before for person in people):
            raise serializers.ValidationError(
                {field: "Ask somebody with the permission to change all epics to add this person."}
            )

    @property
    def membership(self) -> Membership:
        """That of the request's user, shared by all items of the response."""
        shared: Any = self.context
        if "membership" not in shared:
            shared["membership"] = Membership(self.context["request"].user)
        found: Membership = shared["membership"]
        return found

    def _name(self, item: Any, person: Any) -> str:
        known = person is not None and self.membership.knows(person.pk, item)
        return name_of(person) if known else ""

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
        """'' when there is none, or the user may not know it."""
        return self._name(epic, epic.owner)


class _AssignedSerializer(ItemSerializer):
    assigned_to_name = serializers.SerializerMethodField()

    def get_assigned_to_name(self, item: Any) -> str:
        """'' when there is none, or the user may not know it."""
        return self._name(item, item.assigned_to)


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
