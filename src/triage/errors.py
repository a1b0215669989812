"""Every error that triage raises on purpose.

::

    TriageError
    ├── ConfigError            a setting is wrong; lists all problems at once
    │   └── MissingLibraryError    a library of the optional part is not installed
    ├── DataError              a file or a row cannot be used; names path, row and field
    │   └── OutputExistsError  the output is already there and --force was not given
    ├── DeskError              the desk cannot do what was asked
    │   ├── UnknownComplaintError  there is no such complaint
    │   ├── AlreadyClaimedError    somebody else works on it
    │   ├── ChangedMeanwhileError  somebody changed it after it was read
    │   ├── NotAllowedError        the role does not allow it
    │   ├── SignInError            name and password do not fit, or too many attempts
    │   ├── DeskBusyError          the database is locked; trying again helps
    │   └── DeskUnusableError      the database is full, damaged, or of a newer version
    ├── TrackingError          a store of experiments cannot be used
    └── ModelError             a model cannot be used
        ├── ModelFormatError       a folder that is no model, is damaged or is of a newer format
        ├── UntrustedModelError    a file that was changed, or holds types we do not build
        └── LabelMismatchError     a model made for other labels

A message says what is wrong, where, what was found, what was expected and what to do next.
No message ever holds the text of a complaint.
"""

from pathlib import Path


class TriageError(Exception):
    """Base of all errors that triage raises on purpose."""

    exit_code = 1


class ConfigError(TriageError):
    """Report every problem of the settings at once.

    :param problems: one plain sentence for each problem.
    """

    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(self.problems))


class MissingLibraryError(ConfigError):
    """Report a library of the optional part that is not installed.

    :param what: what needs it, as the beginning of a sentence.
    :param library: its name.
    :param extra: the part of triage that brings it.
    """

    def __init__(self, what: str, library: str, *, extra: str = "science") -> None:
        super().__init__(
            [
                f"{what} needs {library}, which is not installed; install it:"
                f" pip install 'triage[{extra}]'"
            ]
        )


class DataError(TriageError):
    """Report a file, or a row of it, that cannot be used.

    :param message: what was found, what was expected, what to do next; never the text itself.
    :param path: the file, where there is one.
    :param row: the row, counted from 1 below the header, where there is one.
    :param field: the column, where there is one.
    """

    exit_code = 3

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        row: int | None = None,
        field: str | None = None,
    ) -> None:
        self.path, self.row, self.field = path, row, field
        where = [str(path)] if path is not None else []
        where += [f"row {row}"] if row is not None else []
        where += [f"column {field!r}"] if field is not None else []
        super().__init__(f"{', '.join(where)}: {message}" if where else message)


class OutputExistsError(DataError):
    """Report an output that is already there."""

    exit_code = 2


class TrackingError(TriageError):
    """Report a store of experiments, or a run in it, that cannot be used."""

    exit_code = 2


class ModelError(TriageError):
    """Report a model that cannot be used."""

    exit_code = 4


class ModelFormatError(ModelError):
    """Report a folder that is no model, is damaged, or is of a newer format."""


class UntrustedModelError(ModelError):
    """Report a model file that was changed or holds types that are not built from files."""


class LabelMismatchError(ModelError):
    """Report a model whose labels are not those of this version."""


class DeskError(TriageError):
    """Report what the desk cannot do."""

    exit_code = 5


class UnknownComplaintError(DeskError):
    """Report a complaint that is not there."""

    def __init__(self, complaint: int) -> None:
        super().__init__(f"there is no complaint {complaint}; it may have been mistyped")


class AlreadyClaimedError(DeskError):
    """Report that somebody else works on a complaint.

    :param by: the name shown of who does.
    """

    def __init__(self, complaint: int, by: str) -> None:
        self.complaint, self.by = complaint, by
        super().__init__(f"complaint {complaint} is with {by}; ask for a hand-over")


class ChangedMeanwhileError(DeskError):
    """Report that a complaint was changed after it was read; look at it again."""


class NotAllowedError(DeskError):
    """Report what the role of an account does not allow."""


class SignInError(DeskError):
    """Report a sign-in that failed; never says whether the name exists.

    :param retry_s: seconds to wait after too many attempts, else 0.
    """

    def __init__(self, message: str, *, retry_s: int = 0) -> None:
        self.retry_s = retry_s
        super().__init__(message)


class DeskBusyError(DeskError):
    """Report that the database was locked for too long; trying again helps."""


class DeskUnusableError(DeskError):
    """Report a database that is full, damaged, not a desk's, or of a newer version."""
