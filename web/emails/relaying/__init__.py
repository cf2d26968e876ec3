"""Publishes what is due: outbox, publisher, listener, relay."""
