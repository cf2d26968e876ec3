"""DATABASE_URL as libpq reads it; what could not work is refused without showing a password."""

import pytest

from postroom.shared.database_url import place, read_database_url, with_options
from postroom.shared.env import Environment, SettingsError


def read(value: str) -> dict[str, str]:
    return read_database_url(Environment({"DATABASE_URL": value}))


PLACES = {
    "postgresql://u:secret@db/shop": "db:default port/shop",
    "postgres://u:secret@db:5433/shop?sslmode=verify-full": "db:5433/shop",
    "postgresql://u:secret@a:1,b:2/shop?target_session_attrs=read-write": "a:1 or b:2/shop",
    "postgresql://u:secret@a,b:2/shop": "a:default port or b:2/shop",
    "host=db password=secret dbname=shop": "db:default port/shop",
    "host=a,b port=5433 password='se cret' user=u": "a:5433 or b:5433/postroom",
    "postgresql://u:secret@%2Fvar%2Frun/shop": "/var/run:default port/shop",
    "postgresql:///shop": "local socket:default port/shop",
    "postgresql://u@[::1]:5432/shop": "::1:5432/shop",
    "postgresql://u:p%40ss@db/shop?options=-c%20search_path%3Dapp": "db:default port/shop",
}


@pytest.mark.parametrize("url", PLACES)
def test_place_is_shown_without_the_login(url: str) -> None:
    assert place(read(url)) == PLACES[url]


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "mysql://u:secret@db/shop",
        "secret",
        "postgresql://u:secret@[b",
        "postgresql://u:sec@ret@db/shop",
        "postgresql://u:p@secret:word@db/shop",
        "postgresql://u:secret@db:port/shop",
        "postgresql://u:secret@db:0/shop",
        "postgresql://u:secret@db:70000/shop",
        "postgresql://u:secret@a:1,b:x/shop",
        "host=a,b port=1,2,3 password=secret",
        "host='a b' password=secret",
        "postgresql://u:secret@db/shop?sslmode=yes",
        "postgresql://u:secret@db/shop?connect_timeout=soon",
        "postgresql://u:secret@db/shop?target_session_attrs=master",
        "postgresql://u:secret@db/shop?hostaddr=db",
        "postgresql://u:secret@db/shop?nonsense=1",
        "host=db password=secret nonsense=1",
    ],
)
def test_nonsense_is_refused_by_name_and_shows_no_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL") as error:
        read(url)
    assert "secret" not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_options_of_the_url_are_added_to_ours() -> None:
    assert with_options("-c lock_timeout=3000", "-c search_path=app") == (
        "-c lock_timeout=3000 -c search_path=app -c datestyle=ISO -c intervalstyle=postgres"
    )
