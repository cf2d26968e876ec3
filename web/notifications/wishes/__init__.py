"""How people want their notices: at once, once a day, off, and not too many."""
