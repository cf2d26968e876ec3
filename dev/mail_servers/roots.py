"""The Debian package of each mail server, in a root of its own below `.dev/mail_servers`.

The packages conflict with each other, so one root cannot hold them all. Servers write nothing into
their root: any number of them share it.
"""

from pathlib import Path

from dev import chroot
from dev.keeper import ROOT
from dev.mail_servers.settings import Kind

_PACKAGES = {
    Kind.POSTFIX: "postfix",
    Kind.EXIM: "exim4-daemon-light",
    Kind.DOVECOT: "dovecot-submissiond",
}
# Whatever this machine runs: another release's servers read other settings.
_RELEASE = "bookworm"


def root_of(kind: Kind) -> Path:
    """The root with this server, installed if necessary.

    Raises:
        ServiceError: it cannot be installed here.
    """
    # Without links: an absolute link below /proc/.../root would lead out of the server's mounts.
    root = (ROOT / ".dev" / "mail_servers").resolve() / kind
    chroot.install(root, _PACKAGES[kind], _RELEASE, finish=_without_network)
    return root


def user_ids(root: Path, user: str) -> tuple[int, int]:
    """The user's and its group's number in the root."""
    for line in (root / "etc" / "passwd").read_text().splitlines():
        name, _, uid, gid, *_ = line.split(":")
        if name == user:
            return int(uid), int(gid)
    raise LookupError(f"{root} has no user {user}")


def _without_network(root: Path) -> None:
    """No name server can be reached, so nothing may wait for one."""
    (root / "etc" / "resolv.conf").unlink(missing_ok=True)
    (root / "etc" / "resolv.conf").touch()
    (root / "etc" / "hosts").write_text("127.0.0.1 localhost\n")
