"""Translates errors of templates; each then names the template, the line and what to do."""

import re
from collections.abc import Callable
from types import TracebackType

import jinja2

from postroom.shared.errors import TemplateError, TemplateNotFoundError
from postroom.shared.rendering.budget import RefusedValueError
from postroom.shared.rendering.sandbox import MissingVariableError


def explain(error: Exception, asked: str, source_of: Callable[[str], str]) -> TemplateError:
    """Translate any error of Jinja or of a template into a TemplateError.

    `asked` names the template where the error itself does not; `source_of` returns a template's
    text by name, which gives the dotted name of a missing attribute.
    """
    match error:
        case TemplateError():
            return error
        case jinja2.TemplateSyntaxError():
            return TemplateError(error.name or asked, f"{error.message}.", line=error.lineno)
        case jinja2.TemplateNotFound():
            reason = f"it uses {error.name!r}, which no template folder holds; check the name."
            return TemplateNotFoundError(asked, reason)
        case UnicodeDecodeError():
            return TemplateError(asked, "the file is not UTF-8; save it as UTF-8.")
    name, line = _position(error.__traceback__, asked)
    if isinstance(error, MissingVariableError):
        variable = _dotted(error.variable, line, source_of(name))
        reason = (
            f"the variable {variable!r} is missing. Give it in the context, "
            f"or write {{{{ {variable}|default('') }}}} if it may be absent."
        )
        return TemplateError(name, reason, line=line, variable=variable)
    what = (
        f"refused: {error}"
        if isinstance(error, RefusedValueError)
        else f"{type(error).__name__}: {error}"
    )
    return TemplateError(name, f"{what}.", line=line)


def _position(traceback: TracebackType | None, asked: str) -> tuple[str, int | None]:
    """The innermost template on the stack and its line."""
    found: tuple[str, int | None] = (asked, None)
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            line = template.get_corresponding_lineno(traceback.tb_lineno)
            found = (template.name or asked, line)
        traceback = traceback.tb_next
    return found


def _dotted(name: str, line: int | None, source: str) -> str:
    """`person.name` for a missing `name`, where the template's line says so."""
    lines = source.splitlines()
    if line is None or not 0 < line <= len(lines):
        return name
    found = re.search(rf"(?:\w+\.)+{re.escape(name)}\b", lines[line - 1])
    return found.group() if found else name
