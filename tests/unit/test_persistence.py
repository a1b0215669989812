import json
import shutil
import zipfile

import pytest

from triage.errors import LabelMismatchError, ModelError, ModelFormatError, UntrustedModelError
from triage.persistence import MANIFEST, hash_file, load_model_folder, read_manifest

TEXTS = [
    "they recorded my video call and ask money, I will end my life tonight",
    "loan app wale mujhe gaali de rahe hai",
    "माझ्या खात्यातून पैसे गेले",
]


@pytest.fixture
def copy(model_folder, tmp_path):
    return shutil.copytree(model_folder, tmp_path / "copy")


def change_manifest(folder, **values):
    path = folder / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_loaded_model_says_the_same(model, copy):
    again = load_model_folder(copy)
    assert [again.assess(t) for t in TEXTS] == [model.assess(t) for t in TEXTS]


def test_the_folder_describes_itself(model_folder, small_corpus):
    manifest = read_manifest(model_folder)
    assert manifest.complaints == len(small_corpus)
    assert set(manifest.files) == {"text_reader.skops", "segment_reader.skops", "heads.skops"}
    card = (model_folder / "README.md").read_text("utf-8")
    assert "Model card: small" in card


def test_a_model_holds_no_words(model_folder, small_corpus):
    """Hashed n-grams only: no word of six letters of the corpus stands in any file."""
    words = {
        w.lower() for c in small_corpus[:300] for w in c.text.split() if w.isalpha() and len(w) > 8
    }
    allowed = (model_folder / "README.md").read_text("utf-8").lower()
    for path in model_folder.glob("*.skops"):
        with zipfile.ZipFile(path) as archive:
            stored = b"".join(archive.read(name) for name in archive.namelist()).lower()
        schema = {w for w in words if w.encode() in stored and w not in allowed}
        assert len(schema) < 3, schema


@pytest.mark.parametrize("name", ["text_reader.skops", "segment_reader.skops", "heads.skops"])
def test_a_changed_file_is_refused(copy, name):
    path = copy / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(UntrustedModelError, match="does not match its manifest"):
        load_model_folder(copy)


def test_a_missing_file_is_named(copy):
    (copy / "heads.skops").unlink()
    with pytest.raises(ModelFormatError, match="heads.skops is not there"):
        load_model_folder(copy)


def test_foreign_types_are_refused(copy):
    from fractions import Fraction

    from skops import io

    path = copy / "heads.skops"
    path.write_bytes(io.dumps({"category": Fraction(1, 2)}))
    change_manifest(copy, files={**read_manifest(copy).files, "heads.skops": hash_file(path)})
    with pytest.raises(ModelError, match="types that are not built|damaged"):
        load_model_folder(copy)


def test_a_damaged_archive_is_named(copy):
    path = copy / "heads.skops"
    path.write_bytes(b"not a zip")
    change_manifest(copy, files={**read_manifest(copy).files, "heads.skops": hash_file(path)})
    with pytest.raises(ModelFormatError, match="damaged"):
        load_model_folder(copy)


@pytest.mark.parametrize(
    ("change", "error", "word"),
    [
        ({"format": "other"}, ModelFormatError, "not a model of triage"),
        ({"format_version": 99}, ModelFormatError, "format 99"),
        ({"labels": ["a", "b", "c"]}, LabelMismatchError, "categories"),
        ({"levels": ["a"]}, LabelMismatchError, "levels"),
        ({"flags": ["a"]}, LabelMismatchError, "flags"),
        ({"cues": ["a"]}, LabelMismatchError, "another lexicon"),
        ({"settings": {"folds": -1}}, ModelFormatError, "damaged"),
        ({"point": None}, ModelFormatError, "damaged"),
        ({"versions": {"scikit-learn": "0.1"}}, ModelFormatError, "scikit-learn 0.1"),
    ],
)
def test_other_folders_are_refused_before_anything_is_built(copy, monkeypatch, change, error, word):
    def never(*_, **__):
        raise AssertionError("built from an unchecked folder")

    monkeypatch.setattr("skops.io.load", never)
    change_manifest(copy, **change)
    with pytest.raises(error, match=word) as caught:
        load_model_folder(copy)
    assert caught.value.exit_code == 4


def test_what_is_no_model(tmp_path):
    with pytest.raises(ModelFormatError, match="no model folder"):
        load_model_folder(tmp_path)
    (tmp_path / MANIFEST).write_text("{broken")
    with pytest.raises(ModelFormatError, match="cannot be read"):
        load_model_folder(tmp_path)


def test_a_folder_of_other_things_is_not_overwritten(tmp_path):
    from triage.persistence import check_model_folder

    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ModelFormatError, match="other things"):
        check_model_folder(tmp_path)
    with pytest.raises(ModelFormatError, match="is a file"):
        check_model_folder(tmp_path / "thesis.txt")
    check_model_folder(tmp_path / "new")
