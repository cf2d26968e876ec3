"""Consumes from RabbitMQ: connection, lanes, deliveries. The only user of pika in the mailer."""
