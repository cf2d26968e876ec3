"""Postfix: main.cf and master.cf for one server, which delivers mail to any address here."""

import shutil
import stat
from pathlib import Path

from dev.mail_servers.plan import HOSTNAME, MAIL_USER, POLICY, SMTP, SMTPS, Plan, lines
from dev.mail_servers.roots import user_ids
from dev.mail_servers.settings import ServerSettings
from dev.processes import ServiceError

_LOG = Path("/var/lib/postfix/server.log")  # as Postfix sees it
_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def plan(settings: ServerSettings, folder: Path, root: Path) -> Plan:
    """Write the configuration below `folder`.

    Raises:
        ServiceError: Postfix cannot do what the settings say.
    """
    if settings.login or settings.mails:
        raise ServiceError("Postfix here has no logins and no limit of mails per connection.")
    etc, spool, data = (folder / name for name in ("etc", "spool", "data"))
    shutil.copytree(root / "etc" / "postfix", etc, symlinks=True)
    spool.mkdir()
    data.mkdir()
    uid, gid = user_ids(root, "postfix")
    log = data / _LOG.name  # postsuper warns as that user, who may not enter `folder`
    log.touch()
    for path in (data, log):
        shutil.chown(path, uid, gid)
    (etc / "main.cf").write_text(lines(_main(settings, folder, root)))
    (etc / "master.cf").write_text(_master(settings))
    return Plan(
        mounts={"/etc/postfix": etc, "/var/spool/postfix": spool, str(_LOG.parent): data},
        spool="/var/spool/postfix",
        command=("/usr/sbin/postfix", "start"),
        log=log,
        queues=("incoming", "active", "deferred"),
        is_mail=_is_complete,
        helpers=("--greylist",) if settings.greylist else (),
    )


def _is_complete(path: Path) -> bool:
    """cleanup(8) makes a file executable once it holds all of the mail."""
    try:
        status = path.stat()
    except FileNotFoundError:  # delivered meanwhile
        return False
    return stat.S_ISREG(status.st_mode) and bool(status.st_mode & stat.S_IXUSR)


def _main(settings: ServerSettings, folder: Path, root: Path) -> dict[str, object]:
    uid, gid = user_ids(root, MAIL_USER)
    values: dict[str, object] = {
        "compatibility_level": "3.6",
        "myhostname": HOSTNAME,
        "mydestination": "",
        "mynetworks": "",  # no client is trusted
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "disable_dns_lookups": "yes",
        "smtpd_peername_lookup": "no",
        "smtpd_client_event_limit_exceptions": "",
        "maillog_file": _LOG,
        "maillog_file_prefixes": _LOG.parent,
        "alias_maps": "",
        "virtual_alias_maps": "",
        "virtual_alias_domains": "",
        "virtual_mailbox_domains": "static:all",
        "virtual_mailbox_maps": "static:mail/",
        "virtual_mailbox_base": folder,
        "virtual_minimum_uid": 1,
        "virtual_uid_maps": f"static:{uid}",
        "virtual_gid_maps": f"static:{gid}",
        "queue_run_delay": "2s",
        "minimal_backoff_time": "2s",
    }
    if settings.limit and settings.limit_of == "client":
        values["smtpd_client_connection_count_limit"] = settings.limit
    if settings.recipients:
        values["smtpd_recipient_limit"] = settings.recipients
    if settings.strict_helo:
        values["smtpd_helo_required"] = "yes"
        values["smtpd_helo_restrictions"] = (
            "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname"
        )
    if settings.greylist:
        values["smtpd_recipient_restrictions"] = f"check_policy_service inet:127.0.0.1:{POLICY}"
    if settings.errors:
        values["smtpd_hard_error_limit"] = settings.errors
        values["smtpd_error_sleep_time"] = "0"
        refused = "regexp:{{/^unknown/ 550 5.1.1 User unknown}}"
        values["smtpd_recipient_restrictions"] = f"check_recipient_access {refused}"
    if settings.disk:
        # MAIL is refused when less than 1.5 times the largest message is free.
        values["message_size_limit"] = settings.disk * 1024 // 10
    if settings.certificate:
        values["smtpd_tls_security_level"] = "may"
        values["smtpd_tls_chain_files"] = f"{folder}/tls/key.pem, {folder}/tls/certificate.pem"
    return values


def _master(settings: ServerSettings) -> str:
    processes = settings.limit if settings.limit and settings.limit_of == "server" else "-"
    smtpd = f"127.0.0.1:{SMTP} inet n - n - {processes} smtpd\n"
    if settings.certificate:
        smtpd += (
            f"127.0.0.1:{SMTPS} inet n - n - {processes} smtpd\n  -o smtpd_tls_wrappermode=yes\n"
        )
    return smtpd + _SERVICES
