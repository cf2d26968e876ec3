"""One rule for typed text in every system: a control character would stop its e-mails."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import CharField, Field, TextField

from postroom.shared.rendering.renderer import Renderer

SYSTEMS = (
    "postroom_submissions", "postroom_agreements", "postroom_club", "postroom_tracker",
    "postroom_reporting",
)  # fmt: skip
# Written by programs, or checked more strictly by a rule of their own.
_OTHERS = {"timezone", "cron_expression", "requested_by", "error", "email_key", "outcome"}


def typed_fields() -> list["Field[object, object]"]:
    """Fields that a person fills in with text."""
    return [
        field
        for label in SYSTEMS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.local_fields
        if type(field) in (CharField, TextField) and field.editable and not field.choices
        and field.name not in _OTHERS and model._meta.managed
    ]  # fmt: skip


def names() -> list[str]:
    return [str(field) for field in typed_fields()]


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("character", ["\x92", "\x07", "\x7f", "\x00"])
def test_a_control_character_is_refused_where_it_is_typed(name: str, character: str) -> None:
    (field,) = [field for field in typed_fields() if str(field) == name]
    with pytest.raises(ValidationError) as refused:
        field.run_validators(f"a{character}b")
    assert "control" in str(refused.value)


def test_a_control_character_stored_before_does_not_stop_the_email() -> None:
    content = Renderer().from_bodies(subject="Item \x07a\x92b\x7f", html="", text="x")
    assert content.subject == "Item ab"
