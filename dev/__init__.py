"""Tools for development only: services, demo, mail catcher."""
