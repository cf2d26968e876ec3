"""Writes the configuration files of our RabbitMQ node."""

from pathlib import Path


def configure(folder: Path, *, user: str, password: str, management_port: int) -> None:
    """Write `rabbitmq.conf`, `plugins` and `empty` (in place of the system's file) into `folder`.

    `management_port` 0: without the management plugin.
    """
    settings = {
        "default_user": user,
        "default_pass": password,
        "log.file.level": "info",
        "collect_statistics_interval": 1000,
        # The default raises alarms on small disks; tests set their own.
        "disk_free_limit.absolute": "50MB",
    }
    plugins = ""
    if management_port:
        settings["management.tcp.ip"] = "127.0.0.1"
        settings["management.tcp.port"] = management_port
        plugins = "rabbitmq_management"
    lines = [f"{name} = {value}\n" for name, value in settings.items()]
    configuration = folder / "rabbitmq.conf"
    configuration.write_text("".join(lines))
    configuration.chmod(0o600)
    (folder / "plugins").write_text(f"[{plugins}].\n")
    (folder / "empty").touch()
