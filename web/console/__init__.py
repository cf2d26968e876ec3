"""The home page of the admin: is mail going out, which processes run, which jobs come next.

Here live the dashboard, its buttons to pause and resume, and what every admin page gets (keyboard
access). No figure is computed here: those come from `emails.operating` and from `jobs`.
"""
