"""What `postroom.testing` gives to the tests of a site; the names to use are there.

Here live the e-mails of a test as it sees them, and a path without broker and mail server. Nothing
here is used by a running site.
"""
