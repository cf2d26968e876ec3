"""What keeps programs and floods away from the forms."""
