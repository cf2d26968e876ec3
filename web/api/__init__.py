"""What all REST endpoints share: tokens, paging, limits and how the OpenAPI page tells of them."""
