"""A site somebody has: it knows nothing of Postroom."""
