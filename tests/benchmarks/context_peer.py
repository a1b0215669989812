"""medspaCy's ConText in an environment of its own, one round at a time; started by ``peers.py``.

medspaCy 1.3.1 needs numpy below 2 and so an older spaCy; beside it stands that spaCy's tokeniser
alone. The pipeline is as light as it can be made: a blank English one, sentences cut at full stops
(PyRuSH, its own way, is slower), a few risk terms as targets, and ConText with its own rules.

Reads a JSON list of texts for each round; answers with a JSON line each: the seconds of the
tokeniser and of ConText. First of all it says which spaCy it has.
"""

import json
import sys
import time
from collections.abc import Callable

RISK_TERMS = (
    "suicide", "kill myself", "end my life", "want to die", "hang myself",
    "suside", "mar jaunga", "mar jaungi", "jaan de dunga", "jeena nahi",
    "आत्महत्या", "मर जाऊंगा", "जान दे दूंगा", "जीव देईन", "मरायचं",
)  # fmt: skip


def build_context() -> Callable[[str], object]:
    import spacy
    from medspacy.target_matcher import TargetRule

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("medspacy_target_matcher").add([TargetRule(term, "RISK") for term in RISK_TERMS])
    nlp.add_pipe("medspacy_context")
    return nlp


def time_of(job: Callable[[str], object], texts: list[str]) -> float:
    start = time.perf_counter()
    for text in texts:
        job(text)
    return time.perf_counter() - start


def main() -> None:
    import spacy

    jobs = [spacy.blank("xx").make_doc, build_context()]
    print(json.dumps(spacy.__version__), flush=True)
    for line in sys.stdin:
        texts = json.loads(line)
        print(json.dumps([time_of(job, texts) for job in jobs]), flush=True)


if __name__ == "__main__":
    main()
