"""Certificates of a test, made by openssl: an authority, and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Authority:
    """Signs certificates; everything lies in `folder`."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """With a key of its own."""
        subject = ("-subj", "/CN=Authority of a test", "-days", "2")
        _openssl(folder, "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", *subject)
        return cls(folder)

    @property
    def certificate(self) -> Path:
        """What clients must trust."""
        return self.folder / "ca.pem"

    def issue(self, name: str, *names: str, days: int = 2) -> tuple[Path, Path]:
        """Certificate and key for `names` (`DNS:...`, `IP:...`), in files called `name`."""
        (self.folder / "names").write_text(f"subjectAltName={','.join(names)}\n")
        key, request, certificate = (f"{name}.{end}" for end in ("key", "csr", "pem"))
        subject = ("-subj", f"/CN={name}")
        _openssl(self.folder, "req", *_KEY, "-keyout", key, "-out", request, *subject)
        sign = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
        dates = ("-days", str(days))
        _openssl(self.folder, "x509", "-req", "-in", request, "-out", certificate, *sign, *dates)
        return self.folder / certificate, self.folder / key


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
