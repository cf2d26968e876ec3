"""Commands of `postroom-mailer` other than `run`.

Here: one function per command, which prints and returns the exit status. Not here: anything that a
running mailer needs.
"""
