"""What one signs in with: names, passwords and how they are kept.

Source: NIST SP 800-63B: length counts, made-up rules of digits and signs do not; what is commonest or
follows from the account's name is refused. Argon2id with the parameters of RFC 9106, section 4.
"""

import re
import secrets
import threading
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from triage.errors import ConfigError, MissingLibraryError

if TYPE_CHECKING:
    from pwdlib import PasswordHash

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
LONGEST_NAME = 64

AT_ONCE = 4
"""Passwords that are hashed at the same time; each takes 64 MB, and who guesses sends many."""

_UNLIKE_EACH_OTHER = "abcdefghjkmnpqrstuvwxyz23456789"
# What is left of a password without digits and signs. No word is made of others: with each that was,
# a long password made of them would take twice the time.
_OVERUSED = re.compile(
    r"(?:password|passwd|admin|administrator|police|cyber|cell|desk|triage|india|indian|bharat|"
    r"jai|hind|shri|shree|ram|welcome|letmein|login|user|qwerty|qwertyuiop|abc|abcd|"
    r"test|demo|changeme|iloveyou|love|one|time)*"
)
_NO_LETTERS = re.compile(r"[\W\d_]+")
_LEET = str.maketrans("013457@$!", "oleastasi")
_LEAST_DIFFERENT = 5
_LEAST_BESIDE_NAME = 8
_turns = threading.BoundedSemaphore(AT_ONCE)


def fold_name(name: str) -> str:
    """Give a name in the one form that it is kept and looked for in.

    >>> fold_name(" Asha.K ")
    'asha.k'
    """
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_name(name: str) -> str:
    """Give a new account's name, folded.

    :raises ConfigError: where it is none.
    """
    folded = fold_name(name)
    fits = all(sign in "._-@" or unicodedata.category(sign)[0] in "LMN" for sign in folded)
    if not (2 <= len(folded) <= LONGEST_NAME and fits):
        raise ConfigError(
            [
                f"a name to sign in with has 2 to {LONGEST_NAME} letters, digits or . _ - @,"
                " and no blanks"
            ]
        )
    return folded


def check_password(password: str, *, name: str) -> None:
    """Go on only with a password that is not guessed easily.

    :param name: of the account, folded.
    :raises ConfigError: saying what to choose instead; never quotes it.
    """
    folded = unicodedata.normalize("NFKC", password).casefold()
    problem = ""
    if len(folded) < SHORTEST_PASSWORD:
        problem = f"it has {len(folded)} characters, and needs {SHORTEST_PASSWORD} or more"
    elif len(password) > LONGEST_PASSWORD:
        problem = f"it has more than {LONGEST_PASSWORD} characters"
    elif name in folded and len(folded.replace(name, "")) < _LEAST_BESIDE_NAME:
        problem = "it is hardly more than the account's name"
    elif len(set(folded)) < _LEAST_DIFFERENT or _is_common(folded):
        problem = "it is one of those that are tried first"
    if problem:
        raise ConfigError(
            [f"this password cannot be used: {problem}; three or four unrelated words are good"]
        )


def make_password() -> str:
    """Make up a one-time password that can be read out on the telephone (79 bits)."""
    groups = ["".join(secrets.choice(_UNLIKE_EACH_OTHER) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)


def hash_password(password: str) -> str:
    """Give what is kept of a password; takes about a tenth of a second on purpose."""
    with _turns:
        return _hasher().hash(unicodedata.normalize("NFKC", password))


def is_password(password: str, password_hash: str | None) -> bool:
    """Say whether a password fits, in the same time whether or not there is an account.

    :param password_hash: None where there is no such account: then nothing fits.
    """
    known = password_hash or _stand_in()
    given = unicodedata.normalize("NFKC", password[:LONGEST_PASSWORD])
    with _turns:
        return _hasher().verify(given, known) and password_hash is not None


def _is_common(folded: str) -> bool:
    words = _NO_LETTERS.sub("", folded)
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)  # what was hung on is no letter
    misspelt = _NO_LETTERS.sub("", inner.translate(_LEET))
    return folded in _commonest() or any(map(_OVERUSED.fullmatch, (words, misspelt)))


@cache
def _commonest() -> frozenset[str]:
    listed = resources.files("triage.desk.people").joinpath("commonest_passwords.txt")
    lines = listed.read_text("utf-8").splitlines()
    return frozenset(line.casefold() for line in lines if not line.startswith("# "))


@cache
def _stand_in() -> str:
    """Give the hash of a password that nobody has."""
    return _hasher().hash(secrets.token_urlsafe())


@cache
def _hasher() -> "PasswordHash":
    try:
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher
    except ImportError:
        raise MissingLibraryError("The desk", "pwdlib", extra="desk") from None
    return PasswordHash((Argon2Hasher(),))
