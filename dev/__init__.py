"""What a developer's machine needs and production does not: services, demo, mail catcher."""
