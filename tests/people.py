"""Logs people in who may do this and that."""

import importlib

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.test import Client


def person(client: Client, *codenames: str, name: str = "olga") -> Client:
    """A member of staff with exactly these permissions."""
    user = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def member(client: Client, group: str) -> Client:
    """A member of one of the groups the migration makes."""
    # A test with transactions of its own has emptied the tables before, groups included.
    importlib.import_module("migrations.emails.0003_operator_groups").make_groups(apps, None)
    user = User.objects.create_user(group, "member@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return client


def root(client: Client) -> Client:
    """A superuser."""
    client.force_login(User.objects.create_superuser("root", "root@example.org"))
    return client
