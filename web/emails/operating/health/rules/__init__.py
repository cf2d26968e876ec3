"""The rules of the queue, by what they look at."""
