"""What several apps of the shop use. Only by chance it is called `shared`."""

from decimal import Decimal


def euros(cents: int) -> str:
    """An amount as Germans write it."""
    return f"{Decimal(cents) / 100:.2f} €".replace(".", ",")
