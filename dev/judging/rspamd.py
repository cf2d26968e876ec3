"""A rspamd of our own on loopback, without network checks, as long as a block runs."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

from dev.processes import free_ports

_CONFIGURATION: Final = """
.include "/etc/rspamd/common.conf"
options {{
  filters = "chartable,dkim,regexp";
  local_addrs = [];
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
  pidfile = "{folder}/rspamd.pid";
  cache_file = "{folder}/symbols.cache";
  map_watch_interval = 1d;
}}
logging {{ type = "console"; level = "error"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
"""
# What the surroundings cause and not the e-mail: no DNS, no server that it came from.
_NOT_OURS: Final = (
    "DMARC", "R_SPF", "R_DKIM", "ARC_", "RCVD_", "RECEIVED_", "DNSFAIL", "RBL_", "HFILTER",
    "ASN", "FROM_", "TO_", "MISSING_XM_UA", "DATE_IN", "MID_RHS", "RCPT_", "SUSPICIOUS_RECIPS",
)  # fmt: skip
# Points for what is on purpose: one hidden part, the preheader.
_WANTED: Final = {"MANY_INVISIBLE_PARTS": 0.05}
_PATIENCE: Final = 30.0  # seconds


class Rspamd:
    """The server; `judge` asks it."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="rspamd-")
        (self._port,) = free_ports(1)
        file = Path(self._folder.name, "rspamd.conf")
        file.write_text(_CONFIGURATION.format(folder=self._folder.name, port=self._port))
        variables = [f"--var={name}={self._folder.name}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
        command = ["rspamd", "--no-fork", "--insecure", f"--config={file}", *variables]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        ends = time.monotonic() + _PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                self.__exit__(None, None, None)
                raise RuntimeError("rspamd does not start: run it by hand to see why")
            time.sleep(0.1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(_PATIENCE)
        self._folder.cleanup()

    def judge(self, data: bytes) -> list[str]:
        """The symbols with points that the e-mail itself causes."""
        request = Request(f"http://127.0.0.1:{self._port}/checkv2", data=data)
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - on this machine
            symbols: dict[str, Any] = json.load(answer)["symbols"]
        return [
            f"{name} {one['score']}"
            for name, one in symbols.items()
            if one["score"] > _WANTED.get(name, 0) and not name.startswith(_NOT_OURS)
        ]

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self._port}/ping", timeout=1) as answer:
                return bool(answer.read())
        except (URLError, OSError):
            return False
