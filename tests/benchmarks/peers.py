"""How fast is triage beside what else one would take, on the same texts in one run?

    python tests/benchmarks/peers.py [--texts 4000] [--rounds 7] [--fresh] [--language en]

tests/benchmarks/README.md says how to install the peers; one that is not there is left out with a
line that says so. Every round runs everybody in turn; what is shown is the middle of the rounds,
and the ratio is taken round by round, so that a machine's good and bad minutes fall on all alike.
One thread each, but where it is said. Those that are slow read some hundred of the same texts,
from the shortest to the longest.

Each round reads the same texts, as ``pipeline_speed.py`` has it, so whoever keeps what it has seen
gains. With ``--fresh`` each round reads texts of all languages that nobody has seen in this run.
negspacy and ConText know English alone and find little to do in the rest: ``--language en``.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import spacy
from context_peer import RISK_TERMS
from threadpoolctl import threadpool_limits

from triage import load_model
from triage.corpus import read_corpus
from triage.default_model import shipped_corpus
from triage.labels import HIGH_RISK_LEVEL, LANGUAGE_TITLES, LANGUAGES
from triage.records import Complaint, LabelledComplaint

CONTEXT_PYTHON = Path(__file__).resolve().parents[2] / ".venv-context" / "bin" / "python"
TRIAGE = "triage, whole"

Texts = list[str]


@dataclass(frozen=True, slots=True)
class Peer:
    """Something to compare with.

    :param names: what is shown, one for each figure of a round.
    :param time_round: reads texts and gives the seconds, one figure for each name.
    :param asked: triage shall be at least so many times as fast as the last of the names; None
        where nothing was asked.
    :param most: it reads so many texts a round at most.
    """

    names: tuple[str, ...]
    time_round: Callable[[Texts], Sequence[float]]
    asked: float | None = None
    most: int = 1_000_000

    def run(self, texts: Texts) -> list[float]:
        """Give the texts a second, one figure for each name."""
        chosen = spread_out(texts, self.most)
        return [len(chosen) / seconds for seconds in self.time_round(chosen)]


def spread_out(texts: Texts, most: int) -> Texts:
    """Take some of the texts, evenly from the shortest to the longest.

    >>> spread_out(["aaa", "a", "aaaa", "aa"], 2)
    ['aa', 'aaaa']
    """
    if len(texts) <= most:
        return texts
    step = len(texts) / most
    ordered = sorted(texts, key=len)
    return [ordered[int((i + 0.5) * step)] for i in range(most)]


def build_peer(name: str, work: Callable[[Texts], object], **settings: Any) -> Peer:
    def time_round(texts: Texts) -> list[float]:
        start = time.perf_counter()
        work(texts)
        return [time.perf_counter() - start]

    return Peer((name,), time_round, **settings)


def each(job: Callable[[str], object]) -> Callable[[Texts], None]:
    """Make work of a job that takes one text."""

    def work(texts: Texts) -> None:
        for text in texts:
            job(text)

    return work


def build_own() -> Iterator[Peer]:
    model = load_model()

    def whole(texts: Texts) -> None:
        for _ in model.stream(Complaint(str(i), text) for i, text in enumerate(texts)):
            pass

    yield build_peer("tokeniser alone, spacy.blank('xx')", each(spacy.blank("xx").make_doc))
    yield build_peer(TRIAGE, whole)
    yield build_peer("triage, whole, one complaint at a time", each(model.assess), most=500)


def build_negspacy() -> Iterator[Peer]:
    """As light as it can be made; it knows denial alone, and English alone."""
    import negspacy.negation  # noqa: F401  registers the component

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "RISK", "pattern": term} for term in RISK_TERMS])
    nlp.add_pipe("negex", config={"ent_types": ["RISK"]})
    yield build_peer("negspacy", each(nlp), asked=1)


def build_fasttext(corpus: list[LabelledComplaint]) -> Iterator[Peer]:
    """Two models, as a desk needs them: what kind of crime, and high risk or not."""
    category = [str(complaint.category) for complaint in corpus]
    risk = [str(complaint.urgency >= HIGH_RISK_LEVEL) for complaint in corpus]
    said = [_one_line(complaint.text) for complaint in corpus]
    kinds: dict[str, dict[str, int]] = {
        "words": {},
        "letter 3-5-grams": {"minn": 3, "maxn": 5, "wordNgrams": 2, "bucket": 200_000},
    }
    for kind, settings in kinds.items():
        models = [_teach_fasttext(said, labels, settings) for labels in (category, risk)]

        def one_by_one(texts: Texts, models: list[Any] = models) -> None:
            for text in texts:
                line = _one_line(text)
                for model in models:
                    model.predict(line)

        def together(texts: Texts, models: list[Any] = models) -> None:
            lines = [_one_line(text) for text in texts]
            for model in models:
                model.predict(lines)

        yield build_peer(f"2 fastText models, {kind}, one by one", one_by_one, asked=0.5)
        yield build_peer(f"2 fastText models, {kind}, in batch", together)


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


def _teach_fasttext(texts: Texts, labels: Texts, settings: dict[str, int]) -> Any:
    import fasttext

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        lines = zip(labels, texts, strict=True)
        file.writelines(f"__label__{label} {text}\n" for label, text in lines)
        file.flush()
        return fasttext.train_supervised(
            file.name, lr=0.5, epoch=5, thread=1, verbose=0, **settings
        )


def build_encoders(corpus: list[LabelledComplaint]) -> Iterator[Peer]:
    from minilm import build_encoder

    said = [complaint.text for complaint in corpus]
    for kind, threads, int8, asked in (
        ("1 thread", 1, False, 50),
        ("all threads", 0, False, None),
        ("1 thread, int8", 1, True, None),
    ):
        encode = build_encoder(said, threads=threads, int8=int8)
        yield build_peer(f"MiniLM-L6, batch 32, {kind}", encode, asked=asked, most=96)


@contextmanager
def start_context(python: Path) -> Iterator[Peer]:
    """Run ConText in its own environment, one round at a time."""
    with subprocess.Popen(
        [python, Path(__file__).with_name("context_peer.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        def ask(texts: Texts) -> list[float]:
            child.stdin.write(json.dumps(texts) + "\n")
            child.stdin.flush()
            return json.loads(child.stdout.readline())

        version = json.loads(child.stdout.readline())
        names = (f"tokeniser alone of spaCy {version}", "medspaCy's ConText, on that one")
        yield Peer(names, ask, asked=5, most=500)
        child.stdin.close()


def gather(corpus: list[LabelledComplaint], python: Path, stack: ExitStack) -> list[Peer]:
    """Build all that can be had, and say of the rest how to get it."""
    peers = [*build_own()]
    wanted: dict[tuple[str, ...], Callable[[], Iterator[Peer]]] = {
        ("negspacy",): build_negspacy,
        ("fasttext",): lambda: build_fasttext(corpus),
        ("onnx", "onnxruntime", "tokenizers"): lambda: build_encoders(corpus),
    }
    for modules, build in wanted.items():
        if missing := [name for name in modules if find_spec(name) is None]:
            packages = " ".join(missing).replace("fasttext", "fasttext-community")
            print(f"left out: {', '.join(modules)}; to have it: pip install {packages}")
        else:
            peers += build()
    if python.exists():
        peers.append(stack.enter_context(start_context(python)))
    else:
        print(f"left out: medspaCy; to have it: python3.11 -m venv {python.parent.parent};"
              f" {python} -m pip install medspacy==1.3.1 'numpy<2'")  # fmt: skip
    return peers


def deal_texts(texts: Texts, count: int, rounds: int, *, fresh: bool) -> list[Texts]:
    """Give the texts of each round; the first round is the one to warm up on."""
    if not fresh:
        return [texts[:count]] * (rounds + 1)
    shuffled = random.Random(20).sample(texts, len(texts))
    size = min(count, len(texts) // (rounds + 1))
    return [shuffled[i * size : (i + 1) * size] for i in range(rounds + 1)]


def show(peers: list[Peer], taken: list[list[list[float]]]) -> None:
    """Print a line a figure.

    :param taken: texts a second: of each round, of each peer, of each of its names.
    """
    own = next(i for i, peer in enumerate(peers) if peer.names == (TRIAGE,))
    print(f"{'':47}  texts/s   lowest to highest   triage is   asked")
    for i, peer in enumerate(peers):
        for j, name in enumerate(peer.names):
            speeds = [speed[i][j] for speed in taken]
            ratio = statistics.median(speed[own][0] / speed[i][j] for speed in taken)
            asked = ""
            if peer.asked and name == peer.names[-1]:
                asked = f"{peer.asked:g}x, {'met' if ratio >= peer.asked else 'NOT met'}"
            spread = f"{min(speeds):8,.0f} to {max(speeds):<8,.0f}"
            middle = statistics.median(speeds)
            print(f"{name:47} {middle:8,.0f}  {spread} {ratio:8.2f}x   {asked}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--texts", type=int, default=4000, help="texts a round, at most")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fresh", action="store_true", help="no text is read twice")
    parser.add_argument("--language", choices=LANGUAGES, help="texts of this one alone")
    parser.add_argument("--context-python", type=Path, default=CONTEXT_PYTHON)
    options = parser.parse_args()
    corpus = [c for c in read_corpus([shipped_corpus()]) if not c.phenomenon]
    read = [c.text for c in corpus if options.language in (None, c.language)]
    dealt = deal_texts(read, options.texts, options.rounds, fresh=options.fresh)
    with threadpool_limits(1), ExitStack() as stack:
        peers = gather(corpus, options.context_python, stack)
        taken = [[peer.run(texts) for peer in peers] for texts in dealt][1:]
    words = statistics.mean(len(text.split()) for texts in dealt[1:] for text in texts)
    kind = "fresh texts" if options.fresh else "texts, the same"
    spoken = LANGUAGE_TITLES[options.language] if options.language else "all languages"
    print(
        f"{len(dealt[0]):,} {kind} in each of {options.rounds} rounds, {words:.0f} words; drawn"
        f" from {len(read):,} texts, {spoken}\n"
    )
    show(peers, taken)
    print(f"\nload of the machine by now: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
