"""Model folder to and from ``TriageModel``. The only importer of skops.

A folder is checked before anything of it is built: format, labels, lexicon, the hash of each
file, and the types that the files hold. Estimators are stored with skops, which builds nothing
but what it is told to trust; we trust the literal list below and nothing else.
"""

import hashlib
import io
import json
import platform
import re
import zipfile
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from triage.config import Settings, parse_settings
from triage.errors import ConfigError, LabelMismatchError, ModelFormatError, UntrustedModelError
from triage.labels import CATEGORIES, LEVELS
from triage.model.assessor import TriageModel
from triage.model.estimators import Block
from triage.model.heads import Heads
from triage.model.readers import Readers
from triage.model.targets import FLAGS
from triage.model.thresholds import OperatingPoint
from triage.text.lexicon import hash_lexicon, load_lexicon

FORMAT = "triage model"
FORMAT_VERSION = 3
MANIFEST = "manifest.json"
CARD = "README.md"
REPORT = "report.html"
TRUSTED_TYPES: list[str] = []
"""Types beyond skops' own defaults (scikit-learn, numpy, scipy) that a model may hold: none."""

_FILES = ("text_reader.skops", "segment_reader.skops", "heads.skops")
_LIBRARIES = ("triage", "scikit-learn", "spacy", "numpy", "scipy", "skops")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ``manifest.json`` says of a model.

    :param labels: the categories in the order of their columns.
    :param levels: the urgency levels' names from 0 on.
    :param flags: the yes-or-no questions in the order of their columns.
    :param cues: ids of the lexicon's cues in the order of their features.
    :param threshold: operating point for high risk.
    :param corpus_sha256: hash of the training texts and labels.
    :param complaints: how many there were.
    :param files: SHA-256 of each other file of the folder that is built from.
    """

    name: str
    labels: tuple[str, ...]
    levels: tuple[str, ...]
    flags: tuple[str, ...]
    cues: tuple[str, ...]
    settings: Settings
    point: OperatingPoint
    corpus_sha256: str
    complaints: int
    versions: dict[str, str]
    files: dict[str, str]


def check_model_folder(folder: Path) -> None:
    """Say at once whether a model may be written there.

    :raises ModelFormatError: for a file, or a folder that holds other things than a model.
    """
    if folder.is_file():
        raise ModelFormatError(f"{folder}: is a file; name a folder for the model")
    known = {MANIFEST, CARD, REPORT, *_FILES}
    if folder.is_dir() and {path.name for path in folder.iterdir()} - known:
        raise ModelFormatError(f"{folder}: holds other things than a model; name a new folder")


def save_model(
    model: TriageModel, folder: Path, *, corpus_sha256: str, complaints: int, card: str
) -> Manifest:
    """Write a model folder; an older model in it is replaced.

    :param corpus_sha256: see ``corpus.hash_corpus``.
    :param card: the model card, Markdown.
    """
    import skops.io as skops_io

    check_model_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(
        missing_ok=True
    )  # a folder without one is no model: never half of two
    parts = (
        _block_parts(model.readers.text),
        _block_parts(model.readers.segment),
        _head_parts(model),
    )
    for name, part in zip(_FILES, parts, strict=True):
        (folder / name).write_bytes(_settle(skops_io.dumps(part)))
    manifest = Manifest(
        name=model.name,
        labels=tuple(map(str, CATEGORIES)),
        levels=tuple(level.shown for level in LEVELS),
        flags=FLAGS,
        cues=tuple(cue.id for cue in model.readers.cues),
        settings=model.settings,
        point=model.point,
        corpus_sha256=corpus_sha256,
        complaints=complaints,
        versions=current_versions(),
        files={name: hash_file(folder / name) for name in _FILES},
    )
    (folder / CARD).write_text(card, "utf-8")
    stored = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest)}
    (folder / MANIFEST).write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return manifest


def current_versions() -> dict[str, str]:
    """Give the versions that a model made now would carry, the lexicon's hash among them."""
    versions = {"python": platform.python_version(), **{n: version(n) for n in _LIBRARIES}}
    return {**versions, "lexicon": hash_lexicon()}


def _settle(archive: bytes) -> bytes:
    """Make the same estimators give the same bytes.

    skops names objects by their place in memory and stamps the time: both are numbered anew here,
    in the order in which the schema names them.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        schema = source.read("schema.json").decode()
        places = dict.fromkeys(re.findall(r'"__id__": (\d+)|"(\d+)\.np[yz]"', schema))
        ids = list(dict.fromkeys(a or b for a, b in places))
        numbers = {old: str(new) for new, old in enumerate(ids, start=1)}
        pattern = re.compile(r'(?<="__id__": )\d+|(?<=")\d+(?=\.np[yz]")')
        schema = pattern.sub(lambda match: numbers[match.group()], schema)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            files = {"schema.json": schema.encode()}
            for name in source.namelist():
                if name != "schema.json":
                    stem, _, ending = name.partition(".")
                    files[f"{numbers.get(stem, stem)}.{ending}"] = source.read(name)
            for name in sorted(files):
                target.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def hash_file(path: Path) -> str:
    """Give the SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _block_parts(block: Block) -> dict[str, object]:
    return {part.name: getattr(block, part.name) for part in fields(Block)}


def _head_parts(model: TriageModel) -> dict[str, object]:
    heads = model.heads
    return {"category": heads.category, "levels": heads.levels, "flags": heads.flags}


def short_hash(folder: Path) -> str:
    """Give twelve letters that name a model: of its manifest, which holds all other hashes."""
    return hash_file(folder / MANIFEST)[:12]


def read_manifest(folder: Path) -> Manifest:
    """Read and check what a model folder says of itself; nothing of it is built.

    :raises ModelFormatError: for a folder that is no model, is damaged or of a newer format.
    :raises LabelMismatchError: for a model made for other labels.
    """
    try:
        stored = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        raise ModelFormatError(f"{folder}: is no model folder ({MANIFEST} is not there)") from None
    except (OSError, ValueError):
        raise ModelFormatError(
            f"{folder}: {MANIFEST} cannot be read; train the model again"
        ) from None
    if not isinstance(stored, dict) or stored.get("format") != FORMAT:
        raise ModelFormatError(
            f"{folder}: is not a model of triage; name a folder that `triage train` made"
        )
    if stored.get("format_version") != FORMAT_VERSION:
        raise ModelFormatError(
            f"{folder}: has format {stored.get('format_version')!r}, this version of triage reads"
            f" {FORMAT_VERSION}; update triage or train the model again"
        )
    try:
        manifest = _parse_manifest(stored, folder)
    except (KeyError, TypeError, AttributeError, ConfigError):
        raise ModelFormatError(f"{folder}: {MANIFEST} is damaged; train the model again") from None
    _check_labels(manifest, folder)
    return manifest


def _parse_manifest(stored: dict[str, Any], folder: Path) -> Manifest:
    return Manifest(
        name=str(stored["name"]),
        labels=tuple(stored["labels"]),
        levels=tuple(stored["levels"]),
        flags=tuple(stored["flags"]),
        cues=tuple(stored["cues"]),
        settings=parse_settings(stored["settings"], where=str(folder)),
        point=OperatingPoint(**stored["point"]),
        corpus_sha256=str(stored["corpus_sha256"]),
        complaints=int(stored["complaints"]),
        versions=dict(stored["versions"]),
        files=dict(stored["files"]),
    )


def _check_labels(manifest: Manifest, folder: Path) -> None:
    expected = {
        "categories": (manifest.labels, tuple(map(str, CATEGORIES))),
        "levels": (manifest.levels, tuple(level.shown for level in LEVELS)),
        "flags": (manifest.flags, FLAGS),
    }
    for what, (found, wanted) in expected.items():
        if found != wanted:
            raise LabelMismatchError(
                f"{folder}: its {what} are {', '.join(map(str, found))}; expected"
                f" {', '.join(wanted)}; train the model again with this version"
            )
    if manifest.cues != tuple(cue.id for cue in load_lexicon().cues):
        raise LabelMismatchError(
            f"{folder}: was trained with another lexicon; train it again: triage train"
        )


def load_model_folder(folder: Path) -> TriageModel:
    """Load a model, checked first.

    :raises ModelFormatError: see ``read_manifest``; also where scikit-learn's version differs.
    :raises UntrustedModelError: where a file was changed or holds types we do not build.
    """
    manifest = read_manifest(folder)
    found, wanted = version("scikit-learn"), manifest.versions.get("scikit-learn", "")
    if found.split(".")[:2] != wanted.split(".")[:2]:
        raise ModelFormatError(
            f"{folder}: was trained with scikit-learn {wanted}, found {found}; train it again: triage train"
        )
    text, segment, heads = (_load_part(folder, name, manifest) for name in _FILES)
    cues = load_lexicon().cues
    readers = Readers(Block(**text), Block(**segment), cues, manifest.settings)
    return TriageModel(
        readers, Heads(**heads), manifest.point, manifest.settings, name=manifest.name
    )


def _load_part(folder: Path, name: str, manifest: Manifest) -> dict[str, Any]:
    import skops.io as skops_io

    path = folder / name
    if not path.is_file():
        raise ModelFormatError(f"{folder}: {name} is not there; train the model again")
    if manifest.files.get(name) != hash_file(path):
        raise UntrustedModelError(
            f"{path}: does not match its manifest (changed or damaged); train the model again or"
            " copy the whole folder anew"
        )
    try:
        untrusted = set(skops_io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
        if untrusted:
            raise UntrustedModelError(
                f"{path}: holds types that are not built from files: {', '.join(sorted(untrusted))}"
            )
        part: dict[str, Any] = skops_io.load(path, trusted=TRUSTED_TYPES)
    except UntrustedModelError:
        raise
    except Exception as error:  # whatever a broken archive makes skops raise
        raise ModelFormatError(f"{path}: is damaged ({type(error).__name__})") from None
    return part
