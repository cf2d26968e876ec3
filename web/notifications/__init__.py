"""Notices: e-mails about changes of rows, queued in the transaction of the change.

Here: how an app declares a notice, how saves are watched, and what happens if a notice cannot be
built. Which changes cause e-mails is not here: each app declares that in its own `notices.py`. The
engine imports no system.
"""
