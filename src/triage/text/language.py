"""Tell English, Hinglish, Hindi and Marathi apart, or say that it is none of them.

Script first, then the small words that only one of the languages uses. Which language it is
changes nothing in how a text is scored; "unknown" sends it to a person.
"""

import re

_LATIN = re.compile(r"[A-Za-z]+")
_DEVANAGARI = re.compile(r"[\u0904-\u0939\u0958-\u0961\u0972-\u097f]+")
_OTHER = re.compile(r"[^\W\d_A-Za-z\u0900-\u097f]+")
_MARKS = re.compile(r"[.,;:!?\u0964\"()]")
_NO_MARKS = str.maketrans(dict.fromkeys('.,;:!?"()', " "))

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


def _ids(words: str) -> set[str]:
    return set(words.split())


_MARKERS = {
    "mr": _ids(_MARATHI) - _ids(_HINDI),
    "hi": _ids(_HINDI) - _ids(_MARATHI),
    "hinglish": _ids(_HINGLISH) - _ids(_ENGLISH),
    "en": _ids(_ENGLISH) - _ids(_HINGLISH),
}
MIN_LETTERS = 3
_SOME_LETTERS = re.compile(f"(?:[a-z][^a-z]*){{{MIN_LETTERS}}}", re.IGNORECASE)


def detect_language(text: str) -> str:
    """Name the language of a text.

    :param text: clean text.
    :returns: ``en``, ``hinglish``, ``hi``, ``mr``, or ``unknown`` for another script, or for fewer
        than three letters.

    >>> detect_language("paise kat gaye sir meri help kijiye")
    'hinglish'
    >>> detect_language("💔💔")
    'unknown'
    """
    if text.isascii():
        if not _SOME_LETTERS.search(text):
            return "unknown"
        latin, devanagari = 1, 0
    else:
        latin, devanagari, other = (
            sum(map(len, script.findall(text))) for script in (_LATIN, _DEVANAGARI, _OTHER)
        )
        if latin + devanagari < max(MIN_LETTERS, other):
            return "unknown"
    # Five Devanagari letters say what ten Latin ones do, and names of apps stay Latin in both.
    pair = ("hi", "mr") if devanagari * 2 >= latin else ("en", "hinglish")
    lower = text.lower()
    plain = lower.translate(_NO_MARKS) if lower.isascii() else _MARKS.sub(" ", lower)
    words = set(plain.split())
    first, second = (len(_MARKERS[name] & words) for name in pair)
    if pair[0] == "en":
        return "hinglish" if second > first * 0.8 and second > 0 else "en"
    return pair[second > first]
