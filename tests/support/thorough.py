"""How many random inputs a test tries: a third; all of them with `THOROUGH=1 make test`."""

import os


def examples(count: int) -> int:
    """`count`, or a third of it."""
    return count if os.environ.get("THOROUGH") else max(50, count // 3)
