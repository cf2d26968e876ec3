"""django-post_office as a contender."""
