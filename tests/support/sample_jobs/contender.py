"""One process that runs `sample_job` each time it reads a line, and says what became of it.

Starting Python costs a second; the race for the lock does not. So one process takes part in many.
"""

import os
import sys
from io import StringIO

import django
from django.core.management import CommandError, call_command


def main() -> None:
    """For each line, which names a file: run until that file is there; answer with one line."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.support.sample_jobs.settings"
    django.setup()
    from django.db import connection

    connection.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        out = StringIO()
        try:
            call_command("sample_job", f"--until={line.strip()}", stdout=out)
        except CommandError as error:
            out.write(f"error: {error}")
        print(" ".join(out.getvalue().split()), flush=True)


if __name__ == "__main__":
    main()
