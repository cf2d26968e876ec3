"""Saves on two connections at once: of one row, and of rows of the same people."""

import pytest
from django.db import transaction

from tests.support.concurrent_connections import in_thread, somebody_waits_for_us
from tests.support.queued_notices import steps
from tests.support.sample_records.models import Parcel
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("second", "commits", "expected"),
    [
        ("lost", True, [("New", "Sent"), ("Sent", "Lost")]),
        ("sent", True, [("New", "Sent")]),
        ("lost", False, [("New", "Lost")]),
        ("sent", False, [("New", "Sent")]),
    ],
)
def test_the_second_save_waits_and_tells_what_it_really_changed(
    second: str, commits: bool, expected: list[tuple[str, str]]
) -> None:
    first = Parcel.objects.create(name="Books")
    other = Parcel.objects.get()
    other.state = second
    with transaction.atomic():
        first.state = "sent"
        first.save()
        thread = in_thread(other.save)
        wait_until(somebody_waits_for_us)
        transaction.set_rollback(not commits)
    thread.join()
    assert Parcel.objects.get().state == second
    assert steps() == expected


def test_twenty_saves_at_once_make_one_unbroken_chain() -> None:
    pk = Parcel.objects.create(name="Books").pk

    def change(state: str) -> None:
        parcel = Parcel.objects.get(pk=pk)
        parcel.state = state
        parcel.save()

    states = ["sent", "lost"] * 10
    for thread in [in_thread(lambda state=state: change(state)) for state in states]:  # type: ignore[misc]
        thread.join()
    chain = steps()
    assert chain[0][0] == "New"
    assert all(old != new for old, new in chain)
    # Each begins where one before it ended; ids need not be in the order of commits.
    assert sorted(old for old, _ in chain[1:]) == sorted(new for _, new in chain[:-1])
    assert Parcel.objects.get().get_state_display() in {"Sent", "Lost"}


def test_open_transaction_holds_up_no_other_change_that_notifies_the_same_person() -> None:
    first, second = (Parcel.objects.create(name=name, state="new") for name in ("One", "Two"))
    second.state = "lost"
    with transaction.atomic():
        first.state = "sent"
        first.save()
        thread = in_thread(second.save)
        thread.join(30)
        assert not thread.is_alive(), "it waits for what our transaction holds"
    assert steps() == [("New", "Sent"), ("New", "Lost")]
