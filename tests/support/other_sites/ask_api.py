"""Asks every kind of question of the reports' API in this process, and prints the answers."""

import json
from typing import Any

import django


def main() -> None:
    """Migrate, ask, print one JSON list."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    print(json.dumps(_answers()))


def _answers() -> list[Any]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from postroom.web.api.models import ApiToken
    from postroom.web.api.tokens import create_token
    from postroom.web.reporting.models import ReportSchedule

    users: Any = get_user_model()
    user = users.objects.filter(is_superuser=True).first()
    user = user or users.objects.create_superuser("anna@house.example", password="secret")
    ReportSchedule.objects.all().delete()
    ApiToken.objects.all().delete()
    bearer = {"authorization": f"Bearer {create_token(user)[1]}"}
    client, schedules = Client(), "/api/reports/schedules/"
    new = {"name": "Bücher", "report_type": "other", "frequency": "daily", "time": "07:00"}
    answers = [
        client.get(schedules),
        client.get(schedules, headers={"authorization": "Bearer wrong"}),
        client.get(schedules, headers={**bearer, "accept": "text/html"}),
        client.post(schedules, new, content_type="application/json", headers=bearer),
        client.post(schedules, "{", content_type="application/json", headers=bearer),
        client.put(schedules, headers=bearer),
        client.options(schedules, headers=bearer),
    ]
    for number in (1, 2):
        ReportSchedule.objects.create(
            name=f"Bücher {number}",
            report_type="student_report",
            frequency="daily",
            created_by=user,
        )
    ReportSchedule.objects.update(created_at="2026-11-30T07:00:00Z")
    listed = client.get(schedules, headers=bearer)
    text = listed.content.decode()
    for place, row in enumerate(ReportSchedule.objects.order_by("pk")):
        text = text.replace(f'"id":{row.pk},', f'"id":{place},')
    return [
        *([a.status_code, a.headers.get("Content-Type"), a.content.decode()] for a in answers),
        [listed.status_code, listed.headers["Content-Type"], text],
    ]


if __name__ == "__main__":
    main()
