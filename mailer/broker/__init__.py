"""Consumes from RabbitMQ: connection, lanes, deliveries.

Here: all AMQP of the mailer, and nothing else may use pika. Not here: sending, and decisions about
an e-mail.
"""
