"""What operators look at and decide: figures, search, bulk, pauses, clean-up."""
