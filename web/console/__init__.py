"""The console: is mail going out, which processes run, which jobs come next.

Here live its page, the fragment that refreshes it, and its buttons to pause and resume. It belongs
to no admin site: `path("postroom/", include("postroom.web.console.urls"))` mounts it. No figure is
computed here: those come from `emails.operating` and, where it is installed, from `jobs`.
"""
