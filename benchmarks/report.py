"""Keeps all figures, computes medians, and compares ours with the best peer."""

import datetime
import json
import os
import platform
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.delivery import Figures
from benchmarks.plan import AIMS, Aim

RESULTS = Path(__file__).parent / "results"
COLUMNS = {
    "delivery": (
        *("per_second", "cpu_all", "cpu_request", "cpu_worker", "cpu_relay", "cpu_mailer"),
        *("cpu_postgres", "cpu_broker", "megabytes_sum", "bytes_each", "missing", "repeated"),
    ),
    "call": ("call_ms_median", "call_ms_p99", "cpu_request"),
    "latency": ("ms_median", "ms_p99"),
    "memory": ("megabytes_worker", "megabytes_mailer", "megabytes_relay", "megabytes_sum"),
    "limits": ("seconds", "by_hand", "ratio", "failed_tries", "missing"),
    "finished": ("per_second", "cpu_all", "cpu_postgres", "missing", "repeated"),
}


class Report:
    """All runs of one benchmark; saved after each, so that an interrupted one is not lost."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.started = datetime.datetime.now(datetime.UTC)
        self.facts = facts | {"cores": os.cpu_count(), "python": platform.python_version()}
        self.runs: list[dict[str, Any]] = []

    def add(self, measure: str, load: str, contender: str, figures: Figures) -> None:
        figures = figures | {"load_average": os.getloadavg()[0]}
        rounded = {name: round(value, 4) for name, value in figures.items()}
        self.runs.append({"measure": measure, "load": load, "contender": contender} | rounded)
        shown = "  ".join(f"{n} {rounded[n]:.4g}" for n in COLUMNS[measure] if n in rounded)
        print(f"{measure:9} {load:18} {contender:18} {shown}", flush=True)
        self.save()

    def median(self, measure: str, load: str, contender: str, figure: str) -> float | None:
        key = (measure, load, contender)
        found = [
            run[figure]
            for run in self.runs
            if (run["measure"], run["load"], run["contender"]) == key and figure in run
        ]
        return median(found) if found else None

    def text(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        parts = [f"Benchmark of {self.started:%Y-%m-%d %H:%M} UTC", facts]
        parts += [self._table(measure) for measure in COLUMNS]
        parts.append(self._aims())
        return "\n\n".join(part for part in parts if part) + "\n"

    def save(self) -> None:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{self.started:%Y-%m-%d-%H%M}"
        values = {"started": self.started.isoformat(), "facts": self.facts, "runs": self.runs}
        path.with_suffix(".json").write_text(json.dumps(values, indent=1) + "\n")
        path.with_suffix(".txt").write_text(self.text())

    def _table(self, measure: str) -> str:
        """Medians over the rounds, one line per load and contender."""
        lines = sorted(
            {(r["load"], r["contender"]) for r in self.runs if r["measure"] == measure},
            key=lambda line: (line[0], line[1]),
        )
        if not lines:
            return ""
        rows = [["load", "contender", *COLUMNS[measure]]]
        for load, contender in lines:
            values = [self.median(measure, load, contender, figure) for figure in COLUMNS[measure]]
            rows.append([load, contender, *("-" if v is None else f"{v:.4g}" for v in values)])
        return f"{measure}, medians\n" + _aligned(rows)

    def _aims(self) -> str:
        rows = [["aim", "ours", "best peer", "ratio", "must", "aim", "verdict"]]
        rows += [row for aim in AIMS if (row := self._aim(aim))]
        return "aims\n" + _aligned(rows) if len(rows) > 1 else ""

    def _aim(self, aim: Aim) -> list[str] | None:
        pick = max if aim.best == "max" else min
        ours = self.median(aim.measure, aim.load, "ours", aim.figure)
        others = [self.median(aim.measure, aim.load, name, aim.figure) for name in aim.against]
        known = [other for other in others if other is not None]
        if ours is None or not (known or aim.absolute):
            return None
        value = ours if aim.absolute else ours / pick(known)
        return [
            *(aim.what, f"{ours:.4g}", f"{pick(known):.4g}" if known else "-"),
            "-" if aim.absolute else f"{value:.2f}",
            *(f"{aim.must:g}", f"{aim.aim:g}", _verdict(value, aim)),
        ]


def _verdict(value: float, aim: Aim) -> str:
    def reached(target: float) -> bool:
        return value >= target if aim.best == "max" else value <= target

    return "aim" if reached(aim.aim) else "must" if reached(aim.must) else "MISSED"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i < 2 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
