"""The four materialised views behind the reports; their models are unmanaged.

Each has a unique index, without which PostgreSQL cannot refresh it concurrently.
"""

from django.db import migrations

STUDENT_SUMMARY = """
CREATE MATERIALIZED VIEW postroom_school_studentsummary AS
SELECT s.id AS student_id, s.name, s.year, coalesce(t.name, '') AS tutor_name,
  coalesce(l.lessons, 0) AS lessons, coalesce(l.attended, 0) AS attended,
  coalesce(l.missed, 0) AS missed, l.last_lesson, p.average_score, p.last_score
FROM postroom_school_student s
LEFT JOIN postroom_school_tutor t ON t.id = s.tutor_id
LEFT JOIN (
  SELECT student_id, count(*) AS lessons,
    count(*) FILTER (WHERE attendance = 'attended') AS attended,
    count(*) FILTER (WHERE attendance = 'missed') AS missed,
    max(date) FILTER (WHERE attendance = 'attended') AS last_lesson
  FROM postroom_school_lesson GROUP BY student_id
) l ON l.student_id = s.id
LEFT JOIN (
  SELECT student_id, round(avg(score), 1) AS average_score,
    (array_agg(score ORDER BY date DESC, id DESC))[1] AS last_score
  FROM postroom_school_progress GROUP BY student_id
) p ON p.student_id = s.id
WHERE s.active
"""
STUDENT_INDEXES = """
CREATE UNIQUE INDEX postroom_school_studentsummary_once ON postroom_school_studentsummary (student_id);
CREATE INDEX postroom_school_studentsummary_name ON postroom_school_studentsummary (name, student_id);
"""

# Scores are joined after the lessons are counted: joined before, each would multiply the other.
TUTOR_WEEK = """
CREATE MATERIALIZED VIEW postroom_school_tutorweek AS
SELECT t.id || ':' || l.week AS key, t.name, l.week, l.students, l.lessons, l.attended, l.missed,
  p.average_score
FROM (
  SELECT s.tutor_id, date_trunc('week', l.date)::date AS week,
    count(DISTINCT l.student_id) AS students, count(*) AS lessons,
    count(*) FILTER (WHERE l.attendance = 'attended') AS attended,
    count(*) FILTER (WHERE l.attendance = 'missed') AS missed
  FROM postroom_school_lesson l JOIN postroom_school_student s ON s.id = l.student_id
  WHERE s.tutor_id IS NOT NULL GROUP BY 1, 2
) l
JOIN postroom_school_tutor t ON t.id = l.tutor_id
LEFT JOIN (
  SELECT s.tutor_id, date_trunc('week', p.date)::date AS week, round(avg(p.score), 1) AS average_score
  FROM postroom_school_progress p JOIN postroom_school_student s ON s.id = p.student_id
  WHERE s.tutor_id IS NOT NULL GROUP BY 1, 2
) p ON p.tutor_id = l.tutor_id AND p.week = l.week
"""
TUTOR_INDEXES = """
CREATE UNIQUE INDEX postroom_school_tutorweek_once ON postroom_school_tutorweek (key);
CREATE INDEX postroom_school_tutorweek_week ON postroom_school_tutorweek (week, name);
"""

TEACHER_WEEK = """
CREATE MATERIALIZED VIEW postroom_school_teacherweek AS
SELECT t.id || ':' || l.week AS key, t.name, t.subject, l.week, l.students, l.lessons, l.attended,
  l.missed, l.cancelled, l.minutes, p.average_score
FROM (
  SELECT teacher_id, date_trunc('week', date)::date AS week,
    count(DISTINCT student_id) AS students, count(*) AS lessons,
    count(*) FILTER (WHERE attendance = 'attended') AS attended,
    count(*) FILTER (WHERE attendance = 'missed') AS missed,
    count(*) FILTER (WHERE attendance = 'cancelled') AS cancelled,
    coalesce(sum(minutes) FILTER (WHERE attendance = 'attended'), 0) AS minutes
  FROM postroom_school_lesson GROUP BY 1, 2
) l
JOIN postroom_school_teacher t ON t.id = l.teacher_id
LEFT JOIN (
  SELECT teacher_id, date_trunc('week', date)::date AS week, round(avg(score), 1) AS average_score
  FROM postroom_school_progress GROUP BY 1, 2
) p ON p.teacher_id = l.teacher_id AND p.week = l.week
"""
TEACHER_INDEXES = """
CREATE UNIQUE INDEX postroom_school_teacherweek_once ON postroom_school_teacherweek (key);
CREATE INDEX postroom_school_teacherweek_week ON postroom_school_teacherweek (week, name);
"""

SUBJECT_MONTH = """
CREATE MATERIALIZED VIEW postroom_school_subjectmonth AS
SELECT l.subject || ':' || l.month AS key, l.subject, l.month, l.lessons, l.attended,
  p.average_score
FROM (
  SELECT t.subject, date_trunc('month', l.date)::date AS month,
    count(*) FILTER (WHERE l.attendance <> 'cancelled') AS lessons,
    count(*) FILTER (WHERE l.attendance = 'attended') AS attended
  FROM postroom_school_lesson l JOIN postroom_school_teacher t ON t.id = l.teacher_id GROUP BY 1, 2
) l
LEFT JOIN (
  SELECT t.subject, date_trunc('month', p.date)::date AS month, round(avg(p.score), 1) AS average_score
  FROM postroom_school_progress p JOIN postroom_school_teacher t ON t.id = p.teacher_id GROUP BY 1, 2
) p ON p.subject = l.subject AND p.month = l.month
"""
SUBJECT_INDEXES = """
CREATE UNIQUE INDEX postroom_school_subjectmonth_once ON postroom_school_subjectmonth (key);
"""


def view(name, select, indexes):
    return migrations.RunSQL([select, indexes], f"DROP MATERIALIZED VIEW {name}")


class Migration(migrations.Migration):
    dependencies = [("postroom_school", "0001_initial")]

    operations = [
        view("postroom_school_studentsummary", STUDENT_SUMMARY, STUDENT_INDEXES),
        view("postroom_school_tutorweek", TUTOR_WEEK, TUTOR_INDEXES),
        view("postroom_school_teacherweek", TEACHER_WEEK, TEACHER_INDEXES),
        view("postroom_school_subjectmonth", SUBJECT_MONTH, SUBJECT_INDEXES),
    ]
