"""Settings: what is mistyped or cannot be used is named, and never silently ignored."""

import pytest

from server.settings import Settings, SettingsError


def test_flags_win_over_the_environment() -> None:
    environ = {"KAIBO_PORT": "9000", "KAIBO_HOST": "::1", "PATH": "/bin"}
    settings = Settings.load(environ, port="9001", host=None)
    assert (settings.port, settings.host) == (9001, "::1")


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("KAIBO_PROT", "KAIBO_PROT is no setting: did you mean KAIBO_PORT?"),
        ("KAIBO_DATADIR", "did you mean KAIBO_DATA_DIR?"),
        ("KAIBO_DB_URL", "see: kaibo serve --help"),  # as near to redis_url as to database_url
        ("KAIBO_WORKER", "did you mean KAIBO_WORKERS?"),
        ("KAIBO_FOO", "KAIBO_FOO is no setting: see: kaibo serve --help"),
        ("KAIBO_XYZZY_QQ", "see: kaibo serve --help"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_nearest(
    variable: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=said.replace("?", r"\?")):
        Settings.load({variable: "1"})


def test_the_load_tests_own_variable_may_be_there() -> None:
    assert Settings.load({"KAIBO_HOST_TOKEN": "x"}) == Settings()


@pytest.mark.parametrize("url", ["foo", "shop.test", "//shop.test", "ftp://shop.test", "http://["])
def test_a_public_url_is_an_address_of_the_web(url: str) -> None:
    with pytest.raises(SettingsError, match="begins with http"):
        Settings.load({"KAIBO_PUBLIC_URL": url})


@pytest.mark.parametrize("url", ["", "http://10.0.0.7:8000", "https://shop.test/"])
def test_a_public_url_may_be_absent(url: str) -> None:
    assert Settings.load({"KAIBO_PUBLIC_URL": url}).public_url == url


def test_durability_is_one_of_three_words() -> None:
    assert Settings.load({"KAIBO_DURABILITY": "fsync"}).durability == "fsync"
    with pytest.raises(SettingsError, match="KAIBO_DURABILITY"):
        Settings.load({"KAIBO_DURABILITY": "always"})
