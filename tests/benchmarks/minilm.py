"""A sentence encoder of the architecture of all-MiniLM-L6-v2, with random weights.

Its trained weights cannot be had here, and its speed does not depend on them: 6 layers, 384 wide,
12 heads, 1,536 in between, 256 tokens at most, a vocabulary of 30,522. The graph is made of
onnxruntime's own joined operators (attention, skip with normalisation, bias with gelu), the form
that its optimiser brings an exported model to: the fastest that it has.

The tokeniser is taught on the texts themselves, so Devanagari words stay whole; the real one cuts
them into letters and has three times the work. That is in the encoder's favour.

Source: Wang et al. (2020), MiniLM; Reimers and Gurevych (2019), Sentence-BERT.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

LAYERS, WIDTH, HEADS, BETWEEN, MAX_TOKENS, VOCABULARY = 6, 384, 12, 1536, 256, 30_522
BATCH = 32
_OWN = "com.microsoft"


def build_encoder(texts: Sequence[str], *, threads: int, int8: bool) -> Callable[[list[str]], None]:
    """Give a function that encodes texts, in batches of about equal length.

    :param texts: what the tokeniser is taught on.
    :param threads: of onnxruntime; 0 lets it take all.
    :param int8: with weights of eight bits, made by onnxruntime's own quantisation.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    graph = build_graph()
    session = onnxruntime.InferenceSession(
        quantise(graph) if int8 else graph.SerializeToString(),
        options,
        providers=["CPUExecutionProvider"],
    )
    tokenizer = teach_tokenizer(texts)

    def encode(batch: list[str]) -> None:
        for ids, mask in _make_batches(tokenizer, batch):
            session.run(None, {"ids": ids, "mask": mask})

    return encode


def teach_tokenizer(texts: Sequence[str]) -> Tokenizer:
    """Teach a WordPiece tokeniser as BERT has it, with the marks kept."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=special, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _make_batches(
    tokenizer: Tokenizer, texts: list[str]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    rows = sorted((encoding.ids for encoding in tokenizer.encode_batch(texts)), key=len)
    for start in range(0, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        ids = np.zeros((len(chunk), len(chunk[-1])), np.int32)
        mask = np.zeros_like(ids)
        for i, row in enumerate(chunk):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        yield ids, mask


class _Graph:
    """Nodes and weights as they are added; a node's output is called like the node."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.random = np.random.default_rng(20)

    def weigh(self, name: str, *shape: int) -> str:
        values = self.random.normal(0, 0.02, shape).astype(np.float32)
        return self.keep(name, values)

    def keep(self, name: str, values: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def add(self, kind: str, name: str, *inputs: str, domain: str = "", **settings: object) -> str:
        self.nodes.append(
            helper.make_node(kind, list(inputs), [name], name, domain=domain, **settings)
        )
        return name


def build_graph() -> onnx.ModelProto:
    """Build the encoder: ids and mask in, one vector of length 1 a text out."""
    graph = _Graph()
    words, places = graph.weigh("words", VOCABULARY, WIDTH), graph.weigh("places", 512, WIDTH)
    scale, shift = graph.weigh("scale", WIDTH), graph.weigh("shift", WIDTH)
    inputs = ["ids", "", words, places, "", scale, shift, "mask"]  # no kinds of sentence
    graph.nodes.append(
        helper.make_node("EmbedLayerNormalization", inputs, ["layer0", "lengths"], domain=_OWN)
    )
    found = "layer0"
    for layer in range(LAYERS):
        found = _add_layer(graph, found, f"layer{layer + 1}")
    pooled = _add_pooling(graph, found)
    axes = {name: helper.make_tensor_value_info(name, TensorProto.INT32, ["b", "t"])
            for name in ("ids", "mask")}  # fmt: skip
    out = helper.make_tensor_value_info(pooled, TensorProto.FLOAT, ["b", WIDTH])
    made = helper.make_graph(graph.nodes, "minilm", [*axes.values()], [out], graph.weights)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(_OWN, 1)]
    return helper.make_model(made, opset_imports=opsets, ir_version=9)


def _add_layer(graph: _Graph, previous: str, name: str) -> str:
    """Add attention and the two feed-forward steps, each joined to what came in."""
    attended = graph.add(
        "Attention", f"{name}.attended", previous,
        graph.weigh(f"{name}.qkv", WIDTH, 3 * WIDTH), graph.weigh(f"{name}.qkv_bias", 3 * WIDTH),
        "mask", domain=_OWN, num_heads=HEADS,
    )  # fmt: skip
    mixed = graph.add("MatMul", f"{name}.mix", attended, graph.weigh(f"{name}.m", WIDTH, WIDTH))
    joined = _add_skip(graph, f"{name}.joined", mixed, previous)
    wide = graph.add("MatMul", f"{name}.up", joined, graph.weigh(f"{name}.u", WIDTH, BETWEEN))
    bent = graph.add(
        "BiasGelu", f"{name}.gelu", wide, graph.weigh(f"{name}.u_bias", BETWEEN), domain=_OWN
    )
    narrow = graph.add("MatMul", f"{name}.down", bent, graph.weigh(f"{name}.d", BETWEEN, WIDTH))
    return _add_skip(graph, name, narrow, joined)


def _add_skip(graph: _Graph, name: str, new: str, old: str) -> str:
    parts = [graph.weigh(f"{name}.{part}", WIDTH) for part in ("scale", "shift", "bias")]
    return graph.add("SkipLayerNormalization", name, new, old, *parts, domain=_OWN)


def _add_pooling(graph: _Graph, tokens: str) -> str:
    """Average over the tokens that are there, to length 1."""
    shares = graph.add("Cast", "shares", "mask", to=TensorProto.FLOAT)
    column = graph.add("Unsqueeze", "column", shares, graph.keep("last", np.array([2])))
    kept = graph.add("Mul", "kept", tokens, column)
    total = graph.add("ReduceSum", "total", kept, graph.keep("first", np.array([1])), keepdims=0)
    return graph.add("LpNormalization", "vector", total, axis=1, p=2)


def quantise(graph: onnx.ModelProto) -> bytes:
    """Give the same graph with weights of eight bits."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "int8.onnx"
        logging.disable(logging.WARNING)  # it advises to preprocess; nothing here would gain
        kind = {
            "DefaultTensorType": TensorProto.FLOAT
        }  # onnx cannot infer behind onnxruntime's own
        quantize_dynamic(graph, path, weight_type=QuantType.QInt8, extra_options=kind)
        logging.disable(logging.NOTSET)
        return path.read_bytes()
