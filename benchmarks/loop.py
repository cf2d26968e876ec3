"""Queues e-mails in a loop in a contender's own environment and times every call."""

import argparse
import json
import sys
import time
from collections.abc import Callable

WARM_UP = 20


def measure(call: Callable[[int, bool], object]) -> None:
    """Run `call(number, attachment)` as the command line says and print the figures as JSON.

    The figures leave out the first calls, which open connections and compile templates.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--mails", type=int, required=True)
    parser.add_argument(
        "--rate", type=float, help="calls per second; without it as fast as possible"
    )
    parser.add_argument("--attachment", action="store_true")
    options = parser.parse_args()

    milliseconds: list[float] = []
    returned: list[int] = []
    skipped = min(WARM_UP, options.mails // 2)
    cpu = time.process_time()
    start = time.monotonic()
    for number in range(options.mails):
        if options.rate:
            time.sleep(max(0.0, start + number / options.rate - time.monotonic()))
        if number == skipped:
            cpu = time.process_time()
        before = time.perf_counter()
        call(number, options.attachment)
        milliseconds.append((time.perf_counter() - before) * 1000)
        returned.append(time.monotonic_ns())
    cpu = time.process_time() - cpu
    json.dump(
        {
            "milliseconds": milliseconds[skipped:],
            "cpu_per_1000": cpu / (options.mails - skipped) * 1000,
            "returned": returned,
        },
        sys.stdout,
    )
