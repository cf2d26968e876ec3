"""What both services agree on; imports neither of them."""
