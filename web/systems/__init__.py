"""Systems built on the engine, from public names only. None imports another."""
