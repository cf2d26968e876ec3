"""The list of e-mails, and the page of each.

`asked` reads the address, `finding` finds the rows, `why` says in one line why an e-mail was not
delivered, `story` puts on one line of time what became of it, `acts` decides.
"""
