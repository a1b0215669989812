"""Tell English, Hinglish, Hindi and Marathi apart, or say that it is none of them.

Script first, then the small words that only one of the languages uses. All is told word by word,
so a run asks each distinct word once; see ``word_traits``. "unknown" sends a text to a person.
"""

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_LATIN = re.compile(r"[A-Za-z]+")
_DEVANAGARI = re.compile(r"[\u0904-\u0939\u0958-\u0961\u0972-\u097f]+")
_OTHER = re.compile(r"[^\W\d_A-Za-z\u0900-\u097f]+")
_MARKS = re.compile(r"[.,;:!?\u0964\"()]")

_MARATHI = """आहे आहेत नाही आणि मला माझा माझी माझे माझं माझ्या मी तो ती ते त्या त्याने तिने त्यांनी केला केली
केले केलं करून झाला झाली झाले झालं पण म्हणून होता होती होते होतं आता काय कसं तर नंतर येत येतो येते देत सांगितले
सांगितलं मागितले पाठवला पाठवले पाठवली पाठवून दिला दिले दिली घेतले गेले गेला गेली असे असं हा ही हे चा ची चे वर ला
नको आमच्या आमची तुमचे करा द्या कृपया होऊन येतात करतो करते व त्याला तिला मध्ये म्हणाला म्हणाली म्हणतो माझ्याकडून"""
_HINDI = """है हैं था थी थे मैं मुझे मेरा मेरी मेरे मैंने ने को का की के में से पर और नहीं कर रहा रही रहे गया गई दिया लिया किया
कि यह वह वो उसने उन्होंने हो हूं हूँ तो भी अब जो एक लिए बाद फिर कुछ बहुत कृपया करें मुझसे हमने हमारे उसके अपने साथ बोला कहा
लगा करके वाले दी ली की गए मैने हुआ हुई रुपये आया आई बात नही हे मे"""
_HINGLISH = """hai he ho hu hun mai mera meri mere mujhe maine ne ko ka ki ke se par aur nahi kar raha rahi rahe gaya gayi
diya liya kiya ye wo usne unhone tha thi the to bhi ab ek liye baad fir phir kuch bahut karo kare bola kaha apne sath ghar
karke wale kya koi log abhi jo mujhse hum humne hamare tak bol bhej mat kyu kaise sab yeh vo ladki bhai paise"""
_ENGLISH = """the is are was were my i have has had and of in on for with from that this they he she his her me not but been
will to it as by after when then please what who which their them an be at or so all if he am do did also any now because
can could would you your there only even someone got said told asked came sent took gave"""

LANGUAGES = ("en", "hinglish", "hi", "mr", "unknown")
"""What a text may be in, in the order of ``choose_languages``."""

MIN_LETTERS = 3


def _ids(words: str) -> set[str]:
    return set(words.split())


_MARKERS = (
    _ids(_ENGLISH) - _ids(_HINGLISH),
    _ids(_HINGLISH) - _ids(_ENGLISH),
    _ids(_HINDI) - _ids(_MARATHI),
    _ids(_MARATHI) - _ids(_HINDI),
)
MARKERS = {word: i for i, word in enumerate((w for own in _MARKERS for w in sorted(own)), 1)}
"""Number of each telling word, from 1, those of one language after another."""

_BOUNDS = np.cumsum([1, *map(len, _MARKERS)]).tolist()


def count_letters(text: str) -> tuple[int, int, int]:
    """Count the Latin, the Devanagari and the other letters of a text or a word."""
    if text.isascii():
        return sum(map(len, _LATIN.findall(text))), 0, 0
    latin, devanagari, other = (
        sum(map(len, script.findall(text))) for script in (_LATIN, _DEVANAGARI, _OTHER)
    )
    return latin, devanagari, other


def choose_languages(letters: NDArray[np.int64], seen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Name the language of each text.

    :param letters: (texts, 3) counts of Latin, Devanagari and other letters.
    :param seen: (texts, markers + 1) which words of ``MARKERS`` stand in it; column 0 is for none.
    :returns: (texts,) indexes into ``LANGUAGES``.
    """
    latin, devanagari, other = letters.T
    english, hinglish, hindi, marathi = (
        seen[:, first:last].sum(axis=1) for first, last in pairwise(_BOUNDS)
    )
    # Five Devanagari letters say what ten Latin ones do, and names of apps stay Latin in both.
    in_devanagari = devanagari * 2 >= latin
    of_latin = (hinglish > english * 0.8) & (hinglish > 0)
    known = np.where(in_devanagari, 2 + (marathi > hindi), of_latin)
    unknown = latin + devanagari < np.maximum(MIN_LETTERS, other)
    return np.where(unknown, LANGUAGES.index("unknown"), known)


def detect_language(text: str) -> str:
    """Name the language of one text.

    :param text: clean text.
    :returns: ``en``, ``hinglish``, ``hi``, ``mr``, or ``unknown`` for another script, or for fewer
        than three letters.

    >>> detect_language("paise kat gaye sir meri help kijiye")
    'hinglish'
    >>> detect_language("💔💔")
    'unknown'
    """
    seen = np.zeros((1, len(MARKERS) + 1), dtype=bool)
    seen[0, [MARKERS.get(word, 0) for word in _MARKS.sub(" ", text.lower()).split()]] = True
    return LANGUAGES[choose_languages(np.array([count_letters(text)]), seen)[0]]
