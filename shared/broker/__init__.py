"""AMQP: connections, batches, topology, and the message both services agree on."""
