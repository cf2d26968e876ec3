"""Limits of retries and leases: numbers that make no sense together or alone are refused."""

import pytest

from postroom.shared.env import Environment, SettingsError
from postroom.shared.settings import delivery_settings


def test_first_wait_is_never_longer_than_the_longest() -> None:
    assert delivery_settings(Environment({"EMAIL_RETRY_MAX_SECONDS": "2"})).retry_base == 2
    both = {"EMAIL_RETRY_BASE_SECONDS": "60", "EMAIL_RETRY_MAX_SECONDS": "30"}
    with pytest.raises(SettingsError, match=r"^EMAIL_RETRY_BASE_SECONDS=60 is longer than"):
        delivery_settings(Environment(both))


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e3", "1_0", "\uff15", "soon", "9" * 40])
@pytest.mark.parametrize(
    "name", ["EMAIL_MAX_AGE_SECONDS", "EMAIL_LEASE_SECONDS", "EMAIL_MAX_ATTEMPTS"]
)
def test_number_out_of_bounds_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}="):
        delivery_settings(Environment({name: value}))
