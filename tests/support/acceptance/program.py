"""One of our programs as a real process: its signals, its exit code and its log."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev.keeper import ROOT
from tests.support.waits import PATIENCE, wait_until


class Program:
    """A relay, a mailer or a web server; its JSON log goes to a file."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        folder: Path = ROOT,
        before: Sequence[str] = (),
        python: Path = Path(sys.executable),
    ) -> None:
        """`before`: a command that replaces itself by the program, whose process id it has."""
        self.name = name
        self.log = log
        self._told_to_end = False
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*before, str(python), *arguments],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self.pid = self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still lives (paused counts as living)."""
        return self._process.poll() is None

    @property
    def crashed(self) -> bool:
        """Whether it ended although nobody told it to."""
        return not self.running and not self._told_to_end

    def signal(self, number: int) -> None:
        """Send a signal if it still lives."""
        self._told_to_end |= number in (signal.SIGTERM, signal.SIGKILL)
        self._process.send_signal(number)

    def terminate(self) -> None:
        """SIGTERM; returns at once."""
        self.signal(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP; returns when every thread has stopped, until `resume`."""
        self.signal(signal.SIGSTOP)
        # A busy machine runs some of the threads for a while after the signal was sent.
        wait_until(lambda: set(self._thread_states()) == {"T"})

    def resume(self) -> None:
        """Undo `pause`."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.signal(signal.SIGKILL)
        self._process.wait(10)

    def wait(self, seconds: float = 60.0) -> int:
        """The exit code, once it has ended by itself.

        Raises:
            TimeoutExpired: it has not.
        """
        return self._process.wait(seconds)

    def stop(self, seconds: float = 60.0) -> int:
        """SIGTERM, and the exit code."""
        self.terminate()
        return self.wait(seconds)

    def end(self) -> None:
        """At the end of a test: politely, then by force."""
        if self.running:
            self.resume()
            self.terminate()
            try:
                self.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def _thread_states(self) -> Iterator[str]:
        for stat in Path(f"/proc/{self.pid}/task").glob("*/stat"):
            yield stat.read_text().rpartition(") ")[2][0]

    def logged(self, event: str, **facts: Any) -> list[dict[str, Any]]:
        """The log lines of this event that have these facts, oldest first."""
        found = []
        for text in self.log.read_text(errors="replace").splitlines():
            if f'"{event}"' in text and (line := _parsed(text)):
                asked = {"event": event} | facts
                if all(line.get(key) == value for key, value in asked.items()):
                    found.append(line)
        return found

    def wait_for_log(self, event: str, *, times: int = 1, within: float = PATIENCE) -> None:
        """Wait until the event has been logged so often."""

        def was_logged() -> bool:
            assert self.running or len(self.logged(event)) >= times, (
                f"{self.name} ended without logging {event}:\n{self.tail()}"
            )
            return len(self.logged(event)) >= times

        wait_until(was_logged, within)

    def tail(self, lines: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def _parsed(text: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError:  # half a line of a killed process
        return {}
    return line if isinstance(line, dict) else {}
