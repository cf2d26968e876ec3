"""People who buy flowers."""
