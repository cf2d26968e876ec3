"""Users of another site, who log in with their address and have no user name."""
