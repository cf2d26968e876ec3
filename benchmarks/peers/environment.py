"""The peers' own virtual environments, made from their locked requirements."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def peer_python(name: str) -> str:
    """The interpreter of a peer's environment, which is made anew when its lock changed."""
    home, lock = HERE.parent / ".venvs" / name, HERE / name / "requirements.txt"
    mark, python = home / "installed.txt", str(home / "bin" / "python")
    if mark.exists() and mark.read_text() == lock.read_text():
        return python
    uv = str(Path(sys.executable).with_name("uv"))
    make = [uv, "venv", "-q", "--clear", "--python", sys.executable, str(home)]
    install = [uv, "pip", "install", "-q", "--require-hashes", "--python", python]
    subprocess.run(make, check=True)
    subprocess.run([*install, "-r", str(lock)], check=True)
    mark.write_text(lock.read_text())
    return python
