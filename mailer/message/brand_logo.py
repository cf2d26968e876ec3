"""The site's logo as a part of the messages whose HTML shows it."""

from postroom.mailer.rows.claimed_email import Attachment, ClaimedEmail
from postroom.shared.branding import LOGO_ID, Logo
from postroom.shared.message_parts import Disposition


def with_logo(email: ClaimedEmail, html: str, logo: Logo) -> ClaimedEmail:
    """The e-mail with the logo as an inline part, if its HTML names it and no part has its id."""
    if f"cid:{LOGO_ID}" not in html or any(a.content_id == LOGO_ID for a in email.attachments):
        return email
    part = Attachment("", logo.mimetype, logo.content, Disposition.INLINE.value, LOGO_ID)
    return email._replace(attachments=(*email.attachments, part))
