"""Pages of lists: `?page=2&page_size=100`."""

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """50 rows per page, or `page_size` up to 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
