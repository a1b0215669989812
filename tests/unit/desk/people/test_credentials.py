"""Names and passwords."""

import re

import pytest

from triage.desk.people import credentials
from triage.desk.people.credentials import (
    check_name,
    check_password,
    fold_name,
    hash_password,
    is_password,
    make_password,
)
from triage.errors import ConfigError


@pytest.mark.parametrize("name", ["asha", "asha.kale", "a-2_b@cell", "आशा"])
def test_names(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["", "a", "a b", "x" * 65, "a/b", "a\nb", "<b>", "a\u200bb"])
def test_what_is_no_name(name):
    with pytest.raises(ConfigError, match="2 to 64"):
        check_name(name)


def test_capitals_and_full_width_letters_make_no_other_name():
    assert fold_name(" ＡSHA ") == "asha"


@pytest.mark.parametrize("password", ["three blue umbrellas", "गंगा किनारे आठ नावें", "x9!kQ2#vLp0z"])
def test_good_passwords(password):
    check_password(password, name="asha")


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "elevenchars",
        "Password1234",
        "P@ssw0rd1234!",
        "1qaz2wsx3edc",
        "123456789012",
        "aaaaaaaaaaaaaaaa",
        "ababababababab",
        "admin@police123",
        "IndiaIndia@2026",
        "Justinbieber",
        "chitra123456",
        "chitrachitra",
        "x" * 257,
    ],
)
def test_passwords_that_are_guessed_easily(password):
    with pytest.raises(ConfigError) as raised:
        check_password(password, name="chitra")
    assert "unrelated words" in str(raised.value)
    assert not password or password not in str(raised.value)


def test_made_up_passwords_can_be_used_and_read_out():
    made = {make_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        check_password(password, name="asha")
        assert not set(password) & set("01ilo ")


def test_what_is_kept_costs_a_guesser_memory(monkeypatch):
    """The parameters of RFC 9106 for a shared computer; the tests use cheaper ones."""
    monkeypatch.undo()
    assert hash_password("three blue umbrellas").startswith("$argon2id$v=19$m=65536,t=3,")


def test_a_password_fits_itself_alone():
    kept = hash_password("three blue umbrellas")
    assert kept.startswith("$argon2id$")
    assert "umbrellas" not in kept
    assert is_password("three blue umbrellas", kept)
    assert not is_password("three blue umbrella", kept)
    assert not is_password("three blue umbrellas", None)


def test_however_the_keyboard_composes_a_letter():
    assert is_password("cafe\u0301 in the rain", hash_password("café in the rain"))


def test_no_overused_word_is_made_of_others():
    """Else a password of many such words keeps the desk busy for hours."""
    words = re.fullmatch(r"\(\?:(.+)\)\*", credentials._OVERUSED.pattern)[1].split("|")
    for word in words:
        others = "|".join(each for each in words if each != word)
        assert not re.fullmatch(f"(?:{others})+", word), word
    check_password("jaihind" * 36 + "x", name="asha")
