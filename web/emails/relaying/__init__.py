"""The relay: outbox, publisher, listener, and the loop that joins them.

Here live the statements on due e-mails and the connection to RabbitMQ. Nothing here renders or
reads content: a message carries an id.
"""
