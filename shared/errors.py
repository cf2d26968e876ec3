"""The errors of shared. Each module that raises one also exports it.

    Exception
    ├── SettingsError              env, settings
    ├── ContractError              broker/contract
    │   └── DeadlyMessageError     broker/contract
    ├── TopologyMismatchError      broker/topology
    ├── TemplateError              rendering
    │   └── TemplateNotFoundError  rendering
    └── ValueError
        └── HeaderError            header_rules

Errors that no caller sees are defined where they are used: RefusedValueError, MissingVariableError
and UntreatableCssError become a TemplateError, or are handled, within rendering.
"""


class SettingsError(Exception):
    """A setting is missing or invalid; the message names the variable and what it takes."""


class ContractError(Exception):
    """The message is invalid or has an unknown version; it belongs in the dead-letter queue."""


class DeadlyMessageError(ContractError):
    """A message that must not be rejected: RabbitMQ itself fails when it dead-letters it."""


class TopologyMismatchError(Exception):
    """A queue or exchange has other arguments, or is missing and must not or cannot be declared."""


class HeaderError(ValueError):
    """A header field, address or one-line text that must not be sent; the message says why."""


class TemplateError(Exception):
    """A template that cannot be rendered with the variables it was given.

    `template` is the file's path below a template folder (or the requested path), `line` counts
    from 1 and `variable` is the missing name; both are None where there is none. Another try would
    fail the same way, so such an e-mail fails permanently, unless the template itself is missing.
    """

    def __init__(
        self, template: str, reason: str, *, line: int | None = None, variable: str | None = None
    ) -> None:
        where = f"{template}, line {line}" if line is not None else template
        super().__init__(f"{where}: {reason}")
        self.template = template
        self.line = line
        self.variable = variable


class TemplateNotFoundError(TemplateError):
    """No template folder holds the requested template, or one that it includes or extends.

    Not the e-mail's fault: a mailer may not have the folder yet, so the e-mail waits.
    """
