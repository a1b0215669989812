"""The model as it travels to the machines of a cluster: its folder in one piece.

It goes along with the function that Spark sends (by Spark Connect beside it), so a cluster needs no
shared folder for it. Each Python worker process unpacks it once, checks it as a model is checked
everywhere, and keeps it.
"""

import hashlib
import io
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from triage.default_model import prepare_model
from triage.errors import UntrustedModelError
from triage.model.assessor import TriageModel
from triage.persistence import MANIFEST, load_model_folder, read_manifest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Parcel:
    """A model folder in one piece.

    :param sha256: hash of the content, in hex.
    :param content: an uncompressed tar file of the manifest and of the files that it names; None
        where it was sent ahead, see ``send_parcel``.
    """

    sha256: str
    content: bytes | None = field(repr=False)


def pack_model(folder: Path | str | None) -> Parcel:
    """Pack a model; the same folder gives the same bytes, whenever and wherever.

    :param folder: see ``default_model.prepare_model``.
    :raises ModelError: where it cannot be used.
    """
    found = prepare_model(folder)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted({MANIFEST, *read_manifest(found).files}):
            content = (found / name).read_bytes()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600  # time and owner stay 0
            archive.addfile(entry, io.BytesIO(content))
    return Parcel(hashlib.sha256(out.getvalue()).hexdigest(), out.getvalue())


def send_parcel(session: "SparkSession", parcel: Parcel) -> Parcel:
    """Send a parcel ahead where that is better; give what goes along with the function.

    A classic session hands a large function to each machine once. Spark Connect would send it with
    every task, which takes too much memory; there it goes as a file of the session.
    """
    if ".connect." not in type(session).__module__ or parcel.content is None:
        return parcel
    with tempfile.TemporaryDirectory(prefix="triage-model-") as folder:
        path = Path(folder, _name_file(parcel))
        path.write_bytes(parcel.content)
        session.addArtifacts(str(path), file=True)
    return Parcel(parcel.sha256, None)


def _name_file(parcel: Parcel) -> str:
    return f"triage-{parcel.sha256[:16]}.model"


_loaded: dict[str, TriageModel] = {}  # of this process: a worker serves one task after the other


def load_parcel(parcel: Parcel) -> TriageModel:
    """Give the model of a parcel, built once in each process.

    Its files lie in a private folder only while it is built: nothing is left behind, even by a
    worker that is killed later.

    :raises ModelError: where it was changed on the way or does not fit this machine's libraries.
    """
    if parcel.sha256 not in _loaded:
        content = _read_content(parcel)
        if hashlib.sha256(content).hexdigest() != parcel.sha256:
            raise UntrustedModelError("the model was changed on its way to the cluster's worker")
        with tempfile.TemporaryDirectory(prefix="triage-model-") as folder:
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(folder, filter="data")
            model = load_model_folder(Path(folder))
        _loaded.clear()  # another model was asked: the last one is not needed beside it
        _loaded[parcel.sha256] = model
    return _loaded[parcel.sha256]


def _read_content(parcel: Parcel) -> bytes:
    if parcel.content is not None:
        return parcel.content
    from pyspark import SparkFiles

    return Path(SparkFiles.get(_name_file(parcel))).read_bytes()
