"""Mailing lists: what an e-mail with a `list_id` carries, and the page on which people leave.

Here live the header fields (RFC 2919, RFC 2369, RFC 8058), the signed token of one address and one
list, and the page. A site mounts `postroom.web.emails.lists.urls`. That a list is left is a row of
the suppression list, which the claim reads; nothing here is on its path.
"""
