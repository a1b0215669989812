"""What the pages show: one frozen dataclass for each template."""

from dataclasses import dataclass, replace
from datetime import datetime

from triage.desk.casework.cases import Case, HistoryLine
from triage.desk.casework.connections import lay_out
from triage.desk.casework.drawing import Drawing
from triage.desk.casework.queue import Filters, QueuePage
from triage.web.names import SPOKEN


@dataclass(frozen=True, slots=True)
class ProblemPage:
    """What went wrong, and what to do next.

    :param signed_out: offers the way to the sign-in.
    """

    message: str
    next_step: str
    signed_out: bool = False


@dataclass(frozen=True, slots=True)
class Toast:
    """A short line that says what was done.

    :param undo: address that takes it back, with ``event`` its number; None where nothing can.
    """

    message: str
    undo: str | None = None
    event: int | None = None


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The form to sign in with.

    :param form_token: stands in the form and in a cookie: both have to agree.
    :param name: what was typed before, so that it need not be typed again.
    :param after: where to go then; a path of the desk.
    """

    form_token: str
    problem: str = ""
    name: str = ""
    after: str = "/"


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """The form to change the own password.

    :param required: it was made by somebody else, and nothing else can be done before.
    """

    required: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class QueueScreen:
    """The queue.

    :param filters: what is shown of it.
    :param at: when, in seconds, so that a page knows when its waiting times are old.
    """

    queue: QueuePage
    filters: Filters
    at: int

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out that is open."""
        return replace(self.filters, page=1) != Filters()


@dataclass(frozen=True, slots=True)
class CaseScreen:
    """A case.

    :param colleagues: id and name of everybody whom it can be handed to.
    :param reader_language: of who reads it.
    """

    case: Case
    colleagues: list[tuple[int, str]]
    reader_language: str

    @property
    def spoken(self) -> str:
        """The language in which the complainant is to be spoken to, as far as is known."""
        return self.case.language if self.case.language in SPOKEN else self.reader_language

    @property
    def drawing(self) -> Drawing | None:
        """The case, its identifiers and the cases that share them; None where none does."""
        return lay_out(self.case.connected) if self.case.connected.cases else None

    @property
    def last_step(self) -> HistoryLine | None:
        """The newest step that the reader can take back."""
        return next((line for line in reversed(self.case.history) if line.can_undo), None)

    @property
    def clocks(self) -> list[datetime]:
        """Latest times by law that run for it."""
        return [step.until for step in self.case.guidance if step.until is not None]
