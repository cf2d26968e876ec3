"""Cards, buttons, badges and page numbers in the look of the site's admin: `adminkit.look`."""

from typing import Any

from django import template
from django.contrib.admin.templatetags import admin_list
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from postroom.web.adminkit import look

register = template.Library()
register.simple_tag(look.badge, name="badge")


@register.simple_tag
def button(text: str, name: str, kind: str = "") -> SafeString:
    """A button that submits its form; `kind`: "default" for one that is not the main one."""
    shown = {"children": text, "name": name, "variant": kind, "submit": True}
    return render_to_string(look.template_of("button"), shown)


@register.inclusion_tag("admin/postroom/django/pages.html")
def pages(changelist: Any) -> dict[str, Any]:
    """The numbers of the pages below a list with a `CappedPaginator`."""
    return dict(admin_list.pagination(changelist))


@register.tag
def card(parser: Parser, token: Token) -> template.Node:
    """`{% card title="Recipients" %}...{% endcard %}`: a frame, with a heading if it has a title.

    Raises:
        TemplateSyntaxError: an argument is not `title=...`.
    """
    bits = token.split_contents()[1:]
    options = token_kwargs(bits, parser)
    if bits or options.keys() - {"title"}:
        raise template.TemplateSyntaxError("card takes only title=...")
    inside = parser.parse(("endcard",))
    parser.delete_first_token()
    return _Card(inside, options.get("title"))


class _Card(template.Node):
    def __init__(self, nodelist: NodeList, title: FilterExpression | None) -> None:
        self.nodelist = nodelist
        self.title = title

    def render(self, context: Context) -> SafeString:
        """The frame around what is inside it."""
        title = self.title.resolve(context) if self.title else ""
        with context.push():
            inside = self.nodelist.render(context)
        return render_to_string(look.template_of("card"), {"title": title, "children": inside})
