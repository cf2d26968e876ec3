"""What a user may see of the school's reports: all of it, what concerns them, or nothing.

All of it: with the permission to view students. Otherwise a tutor, a teacher and a student see
what is about them; their record has the e-mail address of the user's account.
"""

from typing import Any, Final

from django.db.models import Q, QuerySet

from postroom.web.people import address_of
from postroom.web.systems.school.models import Student, Teacher, Tutor

SEE_ALL: Final = "postroom_school.view_student"


def sees_all(user: Any) -> bool:
    """Whether the whole school is open to this user."""
    return bool(user.has_perm(SEE_ALL))


def tutors(user: Any) -> list[int]:
    """The tutors that this user is."""
    return _records(Tutor, user)


def teachers(user: Any) -> list[int]:
    """The teachers that this user is."""
    return _records(Teacher, user)


def teaches(user: Any) -> bool:
    """Whether this user is a tutor or a teacher: they may schedule reports."""
    return bool(tutors(user) or teachers(user))


def students(user: Any) -> QuerySet[Student]:
    """The students who concern this user: their own, those they teach, themselves."""
    own = Q(tutor__in=tutors(user)) | Q(lessons__teacher__in=teachers(user))
    return Student.objects.filter(own | Q(pk__in=_records(Student, user))).distinct()


def _records(model: Any, user: Any) -> list[int]:
    address = address_of(user).strip()
    if not (user.is_active and address):
        return []
    return list(model.objects.filter(email__iexact=address).values_list("pk", flat=True))
