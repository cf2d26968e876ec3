"""From the arguments of a call to the rows of one transaction."""
