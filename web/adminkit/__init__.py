"""Parts that admin pages of several apps share. Knows no app's models."""
