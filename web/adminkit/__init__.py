"""Parts that admin pages of several apps share.

Here live base classes, cells of lists, buttons and paging. Nothing here imports an app's models or
services.
"""
