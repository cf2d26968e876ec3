"""Logs people in who may do this and that."""

import importlib
from types import SimpleNamespace

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client


def person(client: Client, *codenames: str, name: str = "olga") -> Client:
    """A member of staff with exactly these permissions."""
    user = User.objects.create_user(name, f"{name}@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def shipped_group(name: str) -> Group:
    """One of the groups the migration makes, made anew as tests begin with empty tables."""
    migration = importlib.import_module("postroom.migrations.emails.0002_operator_groups")
    migration.make_groups(apps, SimpleNamespace(connection=connection))
    return Group.objects.get(name=name)


def member(client: Client, group: str) -> Client:
    """A member of one of the groups the migration makes."""
    user = User.objects.create_user(group, "member@example.org", is_staff=True)
    user.groups.add(shipped_group(group))
    client.force_login(user)
    return client


def root(client: Client) -> Client:
    """A superuser."""
    client.force_login(User.objects.create_superuser("root", "root@example.org"))
    return client
