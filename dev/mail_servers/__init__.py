"""Real mail servers for tests and by hand: Postfix, Exim and Dovecot's submission server.

Each runs in namespaces of its own. Its network is a loopback interface and nothing else; ports on
our 127.0.0.1 lead in. Every mail that a server accepts ends in a maildir.

    with MailServer("postfix", ServerSettings(limit=3), folder) as server:
        ...  # talk to 127.0.0.1:server.port
        assert len(server.mails()) == 400

By hand: `python -m dev.mail_servers postfix --limit 3`.
"""
