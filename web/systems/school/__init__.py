"""A school: students, tutors, teachers, lessons, and the three reports about them."""
