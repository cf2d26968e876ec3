"""How browsers show the elements of HTML, as far as lines of text can."""

from typing import Final

UNSEEN: Final = frozenset({
    "head", "style", "script", "title", "template", "noscript", "object", "svg", "math", "iframe",
    "datalist", "noframes",
})  # fmt: skip
# Every element that HTML lays out as a block (HTML Living Standard 15.3), with old ones.
BLOCKS: Final = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog",
    "div", "dt", "fieldset", "figcaption", "footer", "form", "frameset", "header", "hgroup", "html",
    "layer", "legend", "li", "main", "nav", "optgroup", "option", "search", "section", "summary",
    "table", "tbody", "td", "tfoot", "th", "thead", "tr",
})  # fmt: skip
# Those with an empty line around them, too.
APART: Final = frozenset({
    "blockquote", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "listing", "p",
    "plaintext", "pre", "xmp",
})  # fmt: skip
LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
VERBATIM: Final = frozenset({"listing", "plaintext", "pre", "xmp"})
UNDERLINED: Final = {"h1": "=", "h2": "-"}
