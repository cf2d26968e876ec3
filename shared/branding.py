"""What makes letters look like the site's own: name, logo, colours, postal address, footer.

Read at start by web and mailer; what readers could not see is refused then, with the figure.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from postroom.shared.env import Environment, SettingsError, shown
from postroom.shared.image_size import image_size

LOGO_ID: Final = "brand-logo@postroom"  # its Content-ID
NAME: Final = "Postroom"  # of a site that has set none
_COLOUR: Final = "#1f5fbf"
_DARK_COLOUR: Final = "#8ab4f5"
_CARD: Final = ("#ffffff", "#1d2127")  # what is behind links and buttons: light mode, dark mode
_LEAST: Final = 4.5  # contrast of text (WCAG 2.2, 1.4.3)
_COMFORTABLE: Final = 6.0  # of the colour that is derived for dark mode
_HEX: Final = re.compile(r"#?(?:[0-9a-f]{6}|[0-9a-f]{3})")
_LARGEST: Final = 100_000  # bytes; it travels with each e-mail
_TALLEST: Final = 48  # CSS pixels
_WIDEST: Final = 240
_LONGEST: Final = 500  # characters


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is sent; `width` and `height` in CSS pixels, as it is shown."""

    content: bytes = field(repr=False)
    mimetype: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brand:
    """`colour`: of buttons, links and bars; `dark_colour`: the same in dark mode. `address` and
    `footer` may have several lines. `name` is empty for a site that has set none."""

    name: str = ""
    colour: str = _COLOUR
    dark_colour: str = _DARK_COLOUR
    address: str = ""
    footer: str = ""
    logo: Logo | None = None

    def variables(self) -> dict[str, Any]:
        """What every template may name."""
        logo = self.logo
        return {
            "site_name": self.name,
            "brand_colour": self.colour,
            "brand_dark_colour": self.dark_colour,
            "brand_address": self.address,
            "brand_footer": self.footer,
            "brand_logo": f"cid:{LOGO_ID}" if logo else "",
            "brand_logo_width": logo.width if logo else "",
            "brand_logo_height": logo.height if logo else "",
        }


def brand(env: Environment) -> Brand:
    """`SITE_NAME` and the settings `BRAND_…`.

    Raises:
        SettingsError: a logo that cannot be read or sent, a colour that is not one or has too
            little contrast, a text that is too long.
    """
    name = env.text("SITE_NAME", NAME)
    colour = _colour(env, "BRAND_COLOUR", _COLOUR, _CARD[0])
    derived = _DARK_COLOUR if colour == _COLOUR else lighter(colour, _CARD[1])
    return Brand(
        name="" if name == NAME else name,
        colour=colour,
        dark_colour=_colour(env, "BRAND_DARK_COLOUR", derived, _CARD[1]),
        address=_text(env, "BRAND_ADDRESS"),
        footer=_text(env, "BRAND_FOOTER"),
        logo=_logo(env),
    )


def contrast(one: str, other: str) -> float:
    """The ratio of two colours `#rrggbb`, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lighter(colour: str, behind: str) -> str:
    """The colour with as much white as it needs to be read well on the dark one behind it."""
    channels = _channels(colour)
    for step in range(21):
        mixed = [round(channel + (255 - channel) * step / 20) for channel in channels]
        found = "#" + "".join(f"{channel:02x}" for channel in mixed)
        if contrast(found, behind) >= _COMFORTABLE:
            return found
    return "#ffffff"


def _colour(env: Environment, name: str, default: str, behind: str) -> str:
    value = env.text(name, default).strip().lower()
    if not _HEX.fullmatch(value):
        raise SettingsError(f"{name}={shown(value)} is not a colour such as #1f5fbf")
    digits = value.lstrip("#")
    colour = "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))
    if (found := contrast(colour, behind)) < _LEAST:
        what, way = ("white", "darker") if behind == _CARD[0] else ("dark mode's", "lighter")
        raise SettingsError(
            f"{name}={colour} and {what} {behind} have a contrast of {found:.1f}:1; text in "
            f"buttons and links needs {_LEAST}:1 (WCAG 2.2, 1.4.3). Choose a {way} colour"
        )
    return colour


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _text(env: Environment, name: str) -> str:
    value = env.text(name, lines=True).strip()
    if len(value) > _LONGEST:
        raise SettingsError(f"{name} is {len(value)} characters long; at most {_LONGEST}")
    return value


def _logo(env: Environment) -> Logo | None:
    path = env.text("BRAND_LOGO")
    if not path:
        return None
    where = f"BRAND_LOGO={shown(path)}"
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{where} cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise SettingsError(
            f"{where} has {len(content)} bytes; at most {_LARGEST}, as it travels with each e-mail"
        )
    found = image_size(content)
    if found is None:
        raise SettingsError(
            f"{where} is not a PNG, JPEG or GIF picture, which all mail programs show"
        )
    mimetype, width, height = found
    scale = min(1.0, _TALLEST / height, _WIDEST / width)
    return Logo(content, mimetype, max(1, round(width * scale)), max(1, round(height * scale)))
