"""A tiny BERT with first weights, in the files of a repository of the hub: the sample of MiniLM.

Its vocabulary has the words of the sample's film reviews, and letters for all others. The weights
are drawn as whole numbers and divided, so that every machine draws the same.
"""

import json
import re
import string

import numpy as np

from sidebyside.samples import reviews

LAYERS, HEADS, HIDDEN, WIDE = 2, 4, 64, 128
POSITIONS = 512
STEPS = 1000  # a weight is one of so many on each side of 0
SPECIAL = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}  # as in BERT


def vocabulary() -> list[str]:
    """Return the tokens by their ids: the special ones, signs, the reviews' words, letters."""
    pieces = ["[PAD]", *(f"[unused{number}]" for number in range(99))]
    pieces += list(SPECIAL)[1:] + list(string.punctuation + string.digits)
    texts, _ = reviews.write(400, seed=10)
    words = {word for text in texts for word in re.findall("[a-z]+", text.lower())}
    letters = set(string.ascii_lowercase)
    pieces += sorted(words | letters)
    return pieces + [f"##{sign}" for sign in string.ascii_lowercase + string.digits]


def draw(seed: int) -> dict[str, np.ndarray]:
    """Draw first weights from `seed`: float32 arrays by BERT's names in PyTorch."""
    random = np.random.default_rng(seed)
    arrays = {}

    def matrix(name: str, *shape: int) -> None:
        drawn = random.integers(-STEPS, STEPS + 1, shape)  # a spread of 0.02, as BERT has it
        arrays[f"{name}.weight"] = (drawn * (0.02 * 3**0.5 / STEPS)).astype(np.float32)

    def dense(name: str, inputs: int, outputs: int) -> None:
        matrix(name, outputs, inputs)
        arrays[f"{name}.bias"] = np.zeros(outputs, np.float32)

    def norm(name: str) -> None:
        arrays[f"{name}.weight"] = np.ones(HIDDEN, np.float32)
        arrays[f"{name}.bias"] = np.zeros(HIDDEN, np.float32)

    matrix("embeddings.word_embeddings", len(vocabulary()), HIDDEN)
    matrix("embeddings.position_embeddings", POSITIONS, HIDDEN)
    matrix("embeddings.token_type_embeddings", 2, HIDDEN)
    norm("embeddings.LayerNorm")
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            dense(f"{layer}.attention.self.{part}", HIDDEN, HIDDEN)
        dense(f"{layer}.attention.output.dense", HIDDEN, HIDDEN)
        norm(f"{layer}.attention.output.LayerNorm")
        dense(f"{layer}.intermediate.dense", HIDDEN, WIDE)
        dense(f"{layer}.output.dense", WIDE, HIDDEN)
        norm(f"{layer}.output.LayerNorm")
    dense("pooler.dense", HIDDEN, HIDDEN)
    return arrays


def safetensors_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Return float32 arrays as a safetensors file: a header of names and places, then numbers."""
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    place = 0
    for name, array in arrays.items():
        places = [place, place + array.nbytes]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": places}
        place += array.nbytes
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    numbers = b"".join(array.astype("<f4").tobytes() for array in arrays.values())
    return len(head).to_bytes(8, "little") + head + numbers


def files(seed: int) -> dict[str, bytes]:
    """Return what the files of the folder hold, by their names, with weights from `seed`."""
    pieces = vocabulary()
    config = {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": WIDE,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": POSITIONS,
        "model_type": "bert",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "pad_token_id": 0,
        "type_vocab_size": 2,
        "vocab_size": len(pieces),
    }
    special = {f"{token[1:-1].lower()}_token": token for token in SPECIAL}
    tokenizer = special | {
        "do_lower_case": True,
        "model_max_length": POSITIONS,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "tokenizer_class": "BertTokenizer",
    }
    modules = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.{kind}"}
        for number, (path, kind) in enumerate(
            (
                ("", "models.Transformer"),
                ("1_Pooling", "models.Pooling"),
                ("2_Normalize", "models.Normalize"),
            )
        )
    ]
    pooling = {"word_embedding_dimension": HIDDEN, "pooling_mode_mean_tokens": True}
    contents = {
        "config.json": config,
        "tokenizer.json": _tokenizer(pieces),
        "tokenizer_config.json": tokenizer,
        "special_tokens_map.json": special,
        "modules.json": modules,
        "sentence_bert_config.json": {"max_seq_length": 256, "do_lower_case": False},
        "1_Pooling/config.json": pooling,
    }
    return {name: json.dumps(content, indent=2).encode() for name, content in contents.items()} | {
        "model.safetensors": safetensors_bytes(draw(seed)),
        "vocab.txt": "".join(f"{piece}\n" for piece in pieces).encode(),
    }


def _tokenizer(pieces: list[str]) -> dict[str, object]:
    """Return the description of BERT's tokenizer, as the library tokenizers reads it."""

    def special(token: str) -> dict[str, object]:
        return {"id": SPECIAL[token], "special": True, "content": token} | dict.fromkeys(
            ("single_word", "lstrip", "rstrip", "normalized"), False
        )

    def sequence(name: str, kind: int) -> list[dict[str, object]]:
        end: dict[str, object] = {"SpecialToken": {"id": "[SEP]", "type_id": kind}}
        return [{"Sequence": {"id": name, "type_id": kind}}, end]

    begin: list[dict[str, object]] = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [special(token) for token in SPECIAL],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": True,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": begin + sequence("A", 0),
            "pair": begin + sequence("A", 0) + sequence("B", 1),
            "special_tokens": {
                token: {"id": token, "ids": [SPECIAL[token]], "tokens": [token]}
                for token in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: number for number, piece in enumerate(pieces)},
        },
    }
