"""The admin pages of the school's records."""

from django.contrib import admin

from postroom.web.adminkit.model_admin import ModelAdmin
from postroom.web.systems.school.models import (
    Lesson,
    Progress,
    Student,
    Teacher,
    Tutor,
)


@admin.register(Student)
class StudentAdmin(ModelAdmin):
    """Students by name."""

    list_display = ("name", "year", "tutor", "active")
    list_filter = ("active", "year")
    list_select_related = ("tutor",)
    search_fields = ("name", "email")
    autocomplete_fields = ("tutor",)
    list_per_page = 50


@admin.register(Tutor, Teacher)
class PersonAdmin(ModelAdmin):
    """Tutors, and teachers, by name."""

    list_display = ("name", "email")
    search_fields = ("name", "email")
    list_per_page = 50


@admin.register(Lesson)
class LessonAdmin(ModelAdmin):
    """Lessons, newest first."""

    list_display = ("date", "student", "teacher", "minutes", "attendance")
    list_filter = ("attendance",)
    list_select_related = ("student", "teacher")
    search_fields = ("student__name", "teacher__name")
    autocomplete_fields = ("student", "teacher")
    show_full_result_count = False
    list_per_page = 50


@admin.register(Progress)
class ProgressAdmin(ModelAdmin):
    """Scores, newest first."""

    list_display = ("date", "student", "teacher", "score")
    list_select_related = ("student", "teacher")
    search_fields = ("student__name", "teacher__name")
    autocomplete_fields = ("student", "teacher")
    show_full_result_count = False
    list_per_page = 50
