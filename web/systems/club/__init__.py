"""A flying club: duty roster, flights, maintenance, progress reports, and e-mails about them."""
