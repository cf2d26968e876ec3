"""What stands between the network and every page: who a client is, how often it may ask, how much
it may send, how often it may guess a password, and what a page may load.

Nothing here imports another app of the engine; what has a limit of its own imports this.
"""
