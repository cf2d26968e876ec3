"""The console: is mail going out, what became of each e-mail, which processes run.

Here live its pages, their style and script, and the registry by which other apps add pages. It
belongs to no admin site: `path("postroom/", include("postroom.web.console.urls"))` mounts it. No
figure is computed here: those come from `emails.operating` and, where it is installed, from `jobs`.
"""
