"""Times, ages and chances in plain words, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from triage.times import INDIAN_TIME
from triage.web.words import translate

MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

CHANCES: Final = (
    (0.95, "almost sure"),
    (0.75, "likely"),
    (0.5, "rather likely"),
    (0.25, "possible"),
    (0.05, "unlikely"),
    (0.0, "almost ruled out"),
)
"""From this probability on, this word."""

FULL_BAR: Final = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """Shows values in a language; ``show`` in the templates."""

    language: str

    def time(self, at: datetime) -> str:
        """Show a time in India, such as ``20 Nov, 15:04``."""
        local = at.astimezone(INDIAN_TIME)
        month = translate(MONTHS[local.month - 1], self.language)
        return f"{local.day} {month}, {local:%H:%M}"

    def day(self, at: datetime) -> str:
        """Show a day in India, such as ``20 Nov 2026``."""
        local = at.astimezone(INDIAN_TIME)
        return f"{local.day} {translate(MONTHS[local.month - 1], self.language)} {local.year}"

    def machine_time(self, at: datetime) -> str:
        """Give a time for ``<time datetime>``."""
        return at.astimezone(INDIAN_TIME).isoformat(timespec="seconds")

    def length(self, length: timedelta) -> str:
        """Show how long something takes, in its two largest parts: ``12 min``, ``3 h 20 min``.

        >>> from datetime import timedelta
        >>> Shown("en").length(timedelta(minutes=200))
        '3 h 20 min'
        """
        minutes = max(int(length.total_seconds() // 60), 0)
        days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
        if days:
            parts = [self._count(days, "{n} day", "{n} days"), self._count(hours, "1 h", "{n} h")]
            parts = parts if hours else parts[:1]
        elif hours:
            parts = [self._count(hours, "1 h", "{n} h"), self._say("{n} min", rest)]
            parts = parts if rest else parts[:1]
        else:
            parts = [self._say("{n} min", minutes)]
        return " ".join(parts)

    def standing(self, waiting: timedelta, target: timedelta) -> str:
        """Show how a waiting time stands to its target: ``5 min left`` or ``12 min over``."""
        if waiting >= target:
            over = self.length(waiting - target)
            return translate("{time} over", self.language, time=over)
        return translate("{time} left", self.language, time=self.length(target - waiting))

    def clock(self, until: datetime, now: datetime) -> str:
        """Show how long a clock still runs, or how long ago it ran out."""
        if until >= now:
            left = self.length(until - now)
            return translate("{time} left", self.language, time=left)
        return translate("ran out {time} ago", self.language, time=self.length(now - until))

    def share(self, waiting: timedelta, target: timedelta) -> int:
        """Give how much of its target a waiting time has used, 0 to 100, for a bar."""
        part = waiting.total_seconds() / max(target.total_seconds(), 1)
        return min(max(round(FULL_BAR * part), 0), FULL_BAR)

    def sentences(self, lines: Iterable[str]) -> str:
        """Put lines together as sentences.

        >>> Shown("hi").sentences(["लिख लिया", "रुकिए"])
        'लिख लिया। रुकिए।'
        """
        stop = "।" if self.language == "hi" else "."
        return " ".join(f"{line.rstrip('.।')}{stop}" for line in lines)

    def chance(self, probability: float) -> str:
        """Show a probability in words and percent: ``almost sure (97 %)``."""
        word = next(word for least, word in CHANCES if probability >= least)
        return f"{translate(word, self.language)} ({self.percent(probability)})"

    def percent(self, probability: float) -> str:
        """Show a probability in percent."""
        return f"{round(FULL_BAR * probability)} %"

    def size(self, bytes_: int) -> str:
        """Show the size of a file."""
        for unit in ("B", "kB", "MB"):
            if bytes_ < 1000 or unit == "MB":
                break
            bytes_ //= 1000
        return f"{bytes_} {unit}"

    def _say(self, english: str, n: int) -> str:
        return translate(english, self.language, n=n)

    def _count(self, n: int, one: str, many: str) -> str:
        return self._say(one if n == 1 else many, n)
