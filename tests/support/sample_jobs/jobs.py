"""The sample jobs' schedule, only where a test asks for it: the real list must stay real."""

import os
from datetime import timedelta

from postroom.web.jobs.registry import Job, register

if "SAMPLE_ARGUMENTS" in os.environ:
    register(
        Job(
            "sample_job",
            schedule="0 8 * * *",
            deadline=timedelta(seconds=float(os.environ.get("SAMPLE_DEADLINE", "60"))),
            summary="Whatever the test wants",
            arguments=tuple(os.environ["SAMPLE_ARGUMENTS"].split()),
        )
    )
