"""How fast is the whole pipeline beside the tokeniser alone, on the same texts in one run?

    make benchmark            (or: python tests/benchmarks/pipeline_speed.py [ROWS])

Prints texts a second for ``spacy.blank("xx")`` tokenising, for reading, and for the whole
pipeline, and the ratios to the first. Machines differ and are noisy; the ratios hold.
"""

import statistics
import sys
import time
from itertools import cycle, islice

import spacy

from triage import load_model
from triage.corpus import read_corpus
from triage.default_model import shipped_corpus
from triage.records import Complaint
from triage.text.reading import read_texts

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
ROUNDS = 5
BATCH = 1024


def time_per_round(work) -> float:
    work()  # warm
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def main() -> None:
    corpus = [c.text for c in read_corpus([shipped_corpus()]) if not c.phenomenon]
    texts = list(islice(cycle(corpus), ROWS))
    complaints = [Complaint(str(i), text) for i, text in enumerate(texts)]
    words = sum(len(text.split()) for text in texts) / len(texts)
    blank = spacy.blank("xx")
    model = load_model()
    work = {
        "tokeniser alone, spacy.blank('xx')": lambda: [blank.make_doc(text) for text in texts],
        "reading (keys, cues, context, language)": lambda: [
            read_texts(model.nlp, texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)
        ],
        "whole pipeline, one process": lambda: [*model.stream(iter(complaints))],
    }
    print(f"{len(texts):,} texts of {words:.0f} words, median of {ROUNDS} rounds")
    floor = None
    for name, job in work.items():
        seconds = time_per_round(job)
        floor = floor or seconds
        print(f"{name:42} {len(texts) / seconds:8,.0f} texts/s   ratio {floor / seconds:.2f}")


if __name__ == "__main__":
    main()
