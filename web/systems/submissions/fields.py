"""The address of a public form, as a field of models."""

from postroom.web.emails.models.address_fields import AddressField
from postroom.web.systems.submissions.validators import public_address


class PublicAddressField(AddressField):
    """An address that can be reached on the internet, whatever letters it has."""

    default_validators = [public_address]
