"""The job engine: commands that run once however many hosts start them, and their schedules."""
