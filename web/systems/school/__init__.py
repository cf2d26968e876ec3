"""A school: students, tutors, teachers, lessons, and three reports about them."""
