"""Renders templates (Jinja2, sandboxed) to subject, HTML and text, for previews and sending."""
