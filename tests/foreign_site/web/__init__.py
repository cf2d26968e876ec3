"""The shop's pages. Only by chance this app is called `web`."""
