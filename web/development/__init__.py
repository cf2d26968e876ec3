"""What `manage.py postroom_dev` starts on a developer's machine; a running site never uses it."""
