"""Three groups to put people into; what they may do can be changed in the admin afterwards."""

from django.db import migrations

_VIEW = ["emailqueue", "emaillog", "emailrecipient", "mailer", "queuecontrol", "suppression"]
VIEWER = [f"view_{name}" for name in _VIEW]
OPERATOR = [
    *VIEWER,
    "read_emailqueue",
    "requeue_emailqueue",
    "cancel_emailqueue",
    "resolve_emailqueue",
    "send_again_emailqueue",
]
ADMIN = [*OPERATOR, "pause_queuecontrol", "add_suppression", "delete_suppression"]
GROUPS = {"E-mail viewer": VIEWER, "E-mail operator": OPERATOR, "E-mail admin": ADMIN}


def make_groups(apps, schema_editor):
    """Add what is missing. Django makes the permissions only after all migrations, so here too.

    A group that the site has already under such a name is the site's own: it gets no permission.
    """
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for name, codenames in GROUPS.items():
        group, is_new = groups.get_or_create(name=name)
        if is_new:
            group.permissions.add(*(_permission(apps, alias, codename) for codename in codenames))


def _permission(apps, alias, codename):
    verb, _, model = codename.rpartition("_")
    kinds = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    kind, _ = kinds.get_or_create(app_label="postroom", model=model)
    return apps.get_model("auth", "Permission").objects.using(alias).get_or_create(
        content_type=kind,
        codename=codename,
        # The same words as Django's own, which then finds it made already.
        defaults={"name": _NAMES.get(codename, f"Can {verb} {_LABELS.get(model, model)}")},
    )[0]


_LABELS = {
    "emailqueue": "e-mail",
    "emaillog": "attempt",
    "emailrecipient": "recipient",
    "queuecontrol": "queue control",
    "suppression": "suppressed address",
}
_NAMES = {
    "requeue_emailqueue": "Can requeue an e-mail",
    "cancel_emailqueue": "Can cancel an e-mail",
    "resolve_emailqueue": "Can decide about an unknown e-mail",
    "send_again_emailqueue": "Can send an e-mail again to another address",
    "read_emailqueue": "Can read bodies, contexts and files of e-mails",
    "pause_queuecontrol": "Can pause and resume sending",
}


class Migration(migrations.Migration):
    dependencies = [
        ("postroom", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
