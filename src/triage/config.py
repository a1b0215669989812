"""Settings of the model, from TOML to a frozen dataclass, all problems reported at once."""

from dataclasses import dataclass, fields
from pathlib import Path

from triage.errors import ConfigError
from triage.toml_files import pick_table, read_tables


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be tuned about a model.

    :param text_c: inverse regularisation of the text reader, above 0.
    :param segment_c: inverse regularisation of the segment reader, above 0.
    :param head_c: inverse regularisation of the heads, above 0.
    :param cue_weight: weight of a cue feature beside unit-length n-gram vectors, 0 or more.
    :param near_weight: likewise of what stands near what, 0 or more.
    :param noisy_share: noisy copies for each complaint that the readers are taught on, 0 to 1.
    :param text_words: longest word n-gram of the text reader, 1 to 4.
    :param segment_words: longest word n-gram of the segment reader, 1 to 4.
    :param folds: folds of the cross-validation that gives the heads unseen predictions, 2 to 20.
    :param seed: seed of everything that is drawn.
    :param recall_floor: share of high-risk cases like those labelled that the operating point is
        promised to find, with 95 % confidence, 0.5 to 1; see ``model.guarantees``.
    :param review_below: a category less probable than this is sent to a person, 0 to 1.
    """

    text_c: float = 1.0
    segment_c: float = 1.0
    head_c: float = 0.3
    cue_weight: float = 0.15
    near_weight: float = 0.8
    noisy_share: float = 0.3
    text_words: int = 2
    segment_words: int = 2
    folds: int = 4
    seed: int = 20
    recall_floor: float = 0.93
    review_below: float = 0.5


_RANGES: dict[str, tuple[float, float]] = {
    "text_c": (1e-6, 1e6),
    "segment_c": (1e-6, 1e6),
    "head_c": (1e-6, 1e6),
    "cue_weight": (0, 100),
    "near_weight": (0, 100),
    "noisy_share": (0, 1),
    "text_words": (1, 4),
    "segment_words": (1, 4),
    "folds": (2, 20),
    "seed": (0, 2**31),
    "recall_floor": (0.5, 1),
    "review_below": (0, 1),
}


def parse_settings(values: dict[str, object], *, where: str) -> Settings:
    """Check values and make settings of them; what is not given keeps its default.

    :param where: named in the problems.
    :raises ConfigError: with every problem.

    >>> parse_settings({"folds": 3}, where="here").folds
    3
    """
    known = {f.name: f.type for f in fields(Settings)}
    problems = [
        f"{where}: there is no setting {name!r}" for name in sorted(set(values) - set(known))
    ]
    for name, value in values.items():
        if name not in known:
            continue
        whole = isinstance(getattr(Settings(), name), int)
        low, high = _RANGES[name]
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or not low <= float(str(value)) <= high:
            kind = "a whole number" if whole else "a number"
            problems.append(
                f"{where}: {name} is {value!r}, expected {kind} from {low:g} to {high:g}"
            )
    if problems:
        raise ConfigError(problems)
    return Settings(**values)  # type: ignore[arg-type]


def load_settings(path: Path | None) -> Settings:
    """Read the ``[model]`` table of an experiment's TOML file; None gives the defaults.

    :raises ConfigError: where the file cannot be read, or with every problem in it.
    """
    if path is None:
        return Settings()
    tables = read_tables(path, where=str(path))
    unknown = [f"{path}: there is no table [{name}]" for name in tables if name != "model"]
    if unknown:
        raise ConfigError(unknown)
    return parse_settings(pick_table(tables, "model", where=str(path)), where=str(path))
