"""Tags of our admin templates."""
