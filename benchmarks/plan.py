"""What is measured, with how many e-mails, and our aims."""

import argparse
from dataclasses import dataclass
from typing import Literal

from benchmarks.contender import Load

INSTANT = Load("instant")
ROUND_TRIP = Load("20 ms", delay_ms=20)
PDF = Load("100 kB PDF", attachment=True)
LOADS = (INSTANT, Load("instant, 1 process", processes=1), ROUND_TRIP, PDF)
LIGHT_LOADS = (INSTANT, ROUND_TRIP)
MEASURES = ("delivery", "call", "latency", "memory", "finished", "limits")
PEERS = ("post_office", "dramatiq")

# Each takes about the same time: the number affects the noise, not the rate.
MAILS = {
    "instant": {"ours": 16_000, "post_office": 5_000, "dramatiq": 4_000},
    "instant, 1 process": {"ours": 10_000, "post_office": 3_000, "dramatiq": 3_000},
    "20 ms": {"ours": 14_000, "post_office": 3_000, "dramatiq": 3_000},
    "100 kB PDF": {"ours": 6_000, "post_office": 1_000, "dramatiq": 500},
}
QUICK_DIVISOR = 5
CALLS = 2_000
LIMITED_MAILS = 400
LIGHT_MAILS = 300
WAITING = {"short queue": 1_000, "long queue": 20_000}


@dataclass(frozen=True)
class Aim:
    """One line of the table of aims: ours over the best peer, or an absolute figure of ours."""

    what: str
    measure: str
    load: str
    figure: str
    must: float
    aim: float
    best: Literal["max", "min"]
    against: tuple[str, ...] = PEERS
    absolute: bool = False


AIMS = (
    Aim("delivered a second", "delivery", "instant", "per_second", 2, 3, "max"),
    Aim("delivered a second, 20 ms", "delivery", "20 ms", "per_second", 4, 8, "max"),
    Aim("delivered a second, PDF", "delivery", "100 kB PDF", "per_second", 3, 6, "max"),
    Aim("CPU s per 1,000, all", "delivery", "instant", "cpu_all", 0.5, 0.35, "min"),
    Aim("call, median ms", "call", "", "call_ms_median", 2, 1.2, "min", absolute=True),
    Aim("accepted, median ms", "latency", "instant", "ms_median", 15, 8, "min", absolute=True),
    Aim("accepted, 20 ms", "latency", "20 ms", "ms_median", 0.55, 0.3, "min", ("dramatiq",)),
    Aim("mailer MB", "memory", "long queue", "megabytes_mailer", 60, 40, "min", absolute=True),
    Aim("limits, worst ratio", "limits", "all", "ratio", 1.5, 1.2, "min", absolute=True),
    Aim(
        *("delivered a second, full table", "finished", "full", "per_second", 0.9, 0.97, "max"),
        against=("ours_empty",),
    ),
)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pairs", type=int, help="rounds of every measurement (5; quick: 1)")
    parser.add_argument("--quick", action="store_true", help="a fifth of the e-mails, one round")
    parser.add_argument("--finished", type=int, help="finished rows (5,000,000; quick: 500,000)")
    parser.add_argument("--measure", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument(
        "--only", nargs="+", choices=("ours", *PEERS), default=["ours", *PEERS], help="contenders"
    )
    names = [load.name for load in LOADS]
    parser.add_argument(
        "--load", nargs="+", choices=names, default=names, help="conditions of delivery"
    )
    options = parser.parse_args()
    options.pairs = options.pairs or (1 if options.quick else 5)
    options.finished = options.finished or (500_000 if options.quick else 5_000_000)
    return options
