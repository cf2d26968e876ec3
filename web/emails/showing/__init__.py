"""What pages show of content, the same in the console and in the admin.

Here live an e-mail's parts by tab, its files, and templates with their sample data. Pages check
who may see them.
"""
