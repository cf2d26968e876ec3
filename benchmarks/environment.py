"""Creates each contender's virtual environment from its locked requirements."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def python_of(name: str, lock: Path) -> str:
    """The interpreter of a contender's environment, created again if `lock` changed."""
    home = HERE / ".venvs" / name
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


def peer_python(name: str) -> str:
    """The interpreter of a peer."""
    return python_of(name, HERE / "peers" / name / "requirements.txt")
