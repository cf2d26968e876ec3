"""What came of a try and what to do next. Pure functions and values, no I/O."""
