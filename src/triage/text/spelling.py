"""One key per word, however it is spelt and in whichever of the two scripts.

``vedio`` and ``video``, ``nhi``, ``nahin`` and ``नहीं``, ``sucide`` and ``suicide`` get one key each,
so that the lexicon is written once and a model learns from Hinglish what it needs in Hindi.
Devanagari is transliterated first (with the schwas that speech drops), then both scripts are
folded alike. What would collide is protected: ``mar`` "die" and ``maar`` "beat" stay apart.

The key is each lexeme's NORM, so it is made once for each distinct word and never for a token.
"""

import re
import tomllib
from functools import cache
from importlib import resources

_CONSONANTS = {
    "क": "k", "ख": "kh", "ग": "g", "घ": "gh", "ङ": "n",
    "च": "ch", "छ": "chh", "ज": "j", "झ": "jh", "ञ": "n",
    "ट": "t", "ठ": "th", "ड": "d", "ढ": "dh", "ण": "n",
    "त": "t", "थ": "th", "द": "d", "ध": "dh", "न": "n",
    "प": "p", "फ": "ph", "ब": "b", "भ": "bh", "म": "m",
    "य": "y", "र": "r", "ल": "l", "ळ": "l", "व": "v",
    "श": "sh", "ष": "sh", "स": "s", "ह": "h", "ऱ": "r",
}  # fmt: skip
_MATRAS = {
    "ा": "aa", "ि": "i", "ी": "i", "ु": "u", "ू": "u", "ृ": "ri", "े": "e", "ै": "ai",
    "ो": "o", "ौ": "au", "ॅ": "e", "ॉ": "o", "ॊ": "o", "ॆ": "e",
}  # fmt: skip
_VOWELS = {
    "अ": "a", "आ": "aa", "इ": "i", "ई": "i", "उ": "u", "ऊ": "u", "ऋ": "ri", "ए": "e",
    "ऐ": "ai", "ओ": "o", "औ": "au", "ऑ": "o", "ॲ": "e", "ऍ": "e",
}  # fmt: skip
_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")
_VIRAMA, _NUKTA = "्", "़"
_NASALS = "ंँ"
_DEVANAGARI = re.compile("[\u0900-\u097f]")

_ENDINGS = (
    "वरून वरचा वरचे वरची वरचं वरच्या वर मधून मधला मधले मधली मधल्या मध्ये मधे तून कडून साठी सोबत मुळे "
    "च्या चा ची चे चं ला ने नी"
).split()

_NUMBER = re.compile(r"^(?:rs|inr)?\.?[₹$]?[\dx*.,:/+-]*[\d*x]{2}[\dx*.,:/+-]*$|^\d$")
_WITH_UNIT = re.compile(r"^\d[\d.,]*[a-z]{1,6}$")
_LINK = re.compile(r"://|^https?|^www\.|\w\.(?:com|in|org|net|apk|co|info|io|me|xyz)\b")

_LONGEST = 60
"""Longer words with signs or digits in them are pasted codes."""

# Applied in order to lower-case Latin words. Each pair keeps words apart that mean different
# things; see tests/behaviour/spelling.toml for what must meet and what must not.
_FOLDS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"(.)\1{2,}$", r"\1"),
        (r"(.)\1{2,}", r"\1\1"),
        (r"(?<=.)a*[uo]+n?g(?:a+|i+|ee)$", "unga"),
        (r"(?<=.)a*y?e+n?ge$", "enge"),
        (r"aa+", "a"),
        (r"(?<=.)ay?e$", "ae"),
        (r"c+h+(?:c*h+)?", "ch"),
        (r"ph", "f"),
        (r"[wv]", "v"),
        (r"z", "j"),
        (r"ck|q", "k"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"c(?!h)", "k"),
        (r"ee", "i"),
        (r"(?<=..)ie(?=.)", "i"),
        (r"oo|(?<=.)ou", "u"),
        (r"(?<=..)(?:ai|ay|ei|ey)|(?:ai|ay|ei|ey)(?=..)", "e"),
        (r"(?<=.)(?:au|ao)(?=.)", "o"),
        (r"(?<=..[^aeiou])y$", "i"),
        (r"iy|ii+", "i"),
        (r"uu+", "u"),
        (r"(?<=..)un$", "u"),
        (r"([^aeiou])\1", r"\1"),
        (r"(?<=[bdgjkt])h", ""),
    )
)
_PROTECTED = re.compile(r"^m+aa+r(?!k)")


@cache
def _aliases() -> dict[str, str]:
    """Spellings that no rule can fold, each with its canonical word's folded form.

    Devanagari variants are known by their letters alone: romanised, "दिए" (given) would become
    "die". Latin ones are known by their folded form too.
    """
    table = tomllib.loads(
        resources.files("triage.text.lexicon").joinpath("spellings.toml").read_text("utf-8")
    )
    groups = [item for section in table.values() for item in section.items()]
    keys = {name: name if name.endswith("_") else _fold(name) for name, _ in groups}
    aliases = {name: key for name, key in keys.items() if not name.endswith("_")}
    for name, variants in groups:
        for variant in variants:
            aliases[variant] = keys[name]
    for name, variants in groups:
        for variant in variants:
            folded = _fold(variant)
            # "ss" (screenshot) folds to "s", which every "'s" is.
            if variant.isascii() and not name.endswith("_") and len(folded) > 1:
                aliases.setdefault(folded, keys[name])
    return aliases


def spelling_key(word: str) -> str:
    """Fold a word to its key.

    :param word: one token, in Latin or Devanagari letters; other scripts come back lower case.
    :returns: a lower-case Latin key; ``<num>``, ``<phone>``, ``<id>`` or ``<link>`` for what
        identifies somebody, so that no identifier can become a feature.

    >>> spelling_key("Vedio") == spelling_key("video") == spelling_key("विडियो")
    True
    >>> spelling_key("nhi") == spelling_key("नहीं")
    True
    >>> spelling_key("mar") == spelling_key("maar")
    False
    """
    lower = word.lower().translate(_DIGITS)
    mask = _mask(lower)
    if mask:
        return mask
    plain = lower.replace("'", "").replace(".", "")
    aliases = _aliases()
    known = aliases.get(plain) or _known_stem(plain, aliases)
    if known is not None or not plain:
        return known or lower
    latin = romanise(plain)
    folded = _fold(latin)
    # Short romanised words are too near to English ones: "दिए" (given) is not "die".
    known_by_sound = latin is plain or len(folded) > 3
    return aliases.get(folded, folded) if known_by_sound else folded


def _known_stem(word: str, aliases: dict[str, str]) -> str | None:
    """Give the key of a known word that carries a Marathi ending: "फोटोला" is "फोटो"."""
    if not _DEVANAGARI.match(word):
        return None
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            known = aliases.get(word[: -len(ending)])
            if known is not None:
                return known
    return None


def _mask(lower: str) -> str:
    """Give the mask of a word that identifies somebody or counts something, else ''."""
    if lower.isalpha():
        return "<num>" if "xxx" in lower else ""
    if len(lower) > _LONGEST or ("@" in lower and len(lower) > 1):
        return "<id>"
    if _LINK.search(lower):
        return "<link>"
    if _NUMBER.match(lower):
        digits = sum(char.isdigit() or char in "x*" for char in lower)
        return "<phone>" if digits >= 10 else "<num>"
    if "_" in lower or any(char.isdigit() for char in lower):
        return "<num>" if _WITH_UNIT.match(lower) else "<id>"
    return ""


def romanise(word: str) -> str:
    """Transliterate Devanagari as it is commonly typed in Latin letters; Latin stays."""
    if not _DEVANAGARI.search(word):
        return word
    syllables = _syllables(word.replace(_NUKTA, ""))
    return "".join(_drop_schwas(syllables))


def _syllables(word: str) -> list[tuple[str, str]]:
    """Split into (consonants, vowel) pairs; the inherent vowel is 'A', none is ''."""
    out: list[tuple[str, str]] = []
    for char in word:
        if char in _CONSONANTS:
            out.append((_CONSONANTS[char], "A"))
        elif char in _MATRAS and out:
            out[-1] = (out[-1][0], _MATRAS[char])
        elif char == _VIRAMA and out:
            out[-1] = (out[-1][0], "")
        elif char in _VOWELS:
            out.append(("", _VOWELS[char]))
        elif char in _NASALS and out:
            out[-1] = (out[-1][0], out[-1][1].replace("A", "a") + "~")
        elif char not in "ः":
            out.append((char, ""))
    return out


def _drop_schwas(syllables: list[tuple[str, str]]) -> list[str]:
    """Drop the inherent vowel where Hindi and Marathi speech drops it: at the end, and in
    VC_CV (Choudhury et al., 2004, simplified). Nasals at the end of a word fall silent.
    """
    out: list[str] = []
    last = len(syllables) - 1
    for i, (consonant, vowel) in enumerate(syllables):
        nasal = vowel.endswith("~")
        vowel = vowel.rstrip("~")
        if vowel == "A":
            before = i > 0 and out and out[-1] and out[-1][-1] in "aeiou"
            after = i < last and syllables[i + 1][1] not in ("", "A")
            vowel = "" if (i == last and i > 0) or (before and after) else "a"
        if nasal and i < last:
            vowel += "m" if syllables[i + 1][0][:1] in ("p", "b", "m") else "n"
        out.append(consonant + vowel)
    return out


def _fold(latin: str) -> str:
    if not latin.isascii():
        return latin
    folded = latin
    if _PROTECTED.match(folded):
        folded = re.sub(r"^m+aa+r", "m\x00r", folded)
    for pattern, to in _FOLDS:
        folded = pattern.sub(to, folded)
    return folded.replace("\x00", "aa")
