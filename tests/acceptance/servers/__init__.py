"""Postroom on real mail servers: Postfix, Exim and Dovecot, each in a network of its own."""
