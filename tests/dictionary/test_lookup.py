"""Looking up: what is found, what is not, and how an entry is shown.

`lookup_queries.tsv` has what readers ask, with the entries that answer it. If an entry gets another
key, or is split, the table follows; what is right is judged from the entries, not from what the
search finds.
"""

import cProfile
import os
import pstats
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from sidebyside.dictionary import defaults, read_all
from sidebyside.dictionary.lookup import Finder, plain
from sidebyside.dictionary.names import qualified
from sidebyside.dictionary.vocabulary import Vocabulary, is_typo
from sidebyside.dictionary.words import parts, stem
from sidebyside.frameworks import FRAMEWORKS
from sidebyside.view import entry_terminal as terminal

CHAPTERS = read_all()
ENTRIES = [entry for chapter in CHAPTERS for entry in chapter.entries]
QUERIES = Path(__file__).with_name("lookup_queries.tsv")
NOTHING = "nothing"
FIRST, AMONG_THREE = 0.92, 0.98  # of the questions that have an answer


@pytest.fixture(scope="module")
def finder():
    return Finder(CHAPTERS)


@pytest.fixture
def found(finder):
    """Return a function that returns the keys of what is found."""
    return lambda asked: [match.entry.key for match in finder.find(asked)]


def queries():
    """Return the table: kind, question and right entries of each row."""
    lines = QUERIES.read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(kind, asked, right.split(", ")) for kind, asked, right in rows]


# what readers ask


def test_the_table_is_in_order():
    rows, keys = queries(), {entry.key for entry in ENTRIES}
    assert len(rows) >= 150
    assert len({asked for _, asked, _ in rows}) == len(rows)
    for kind, asked, right in rows:
        assert (right == ["-"]) == (kind == NOTHING), asked
        assert set(right) <= keys | {"-"}, asked


def test_the_right_entry_comes_first_or_among_the_first_three(found):
    first, three, wrong = defaultdict(list), defaultdict(list), []
    for kind, asked, right in queries():
        keys = found(asked)
        if kind == NOTHING:
            continue
        first[kind].append(keys[0] in right if keys else False)
        three[kind].append(bool(set(keys[:3]) & set(right)))
        if not first[kind][-1]:
            wrong.append(f"{asked}: {keys[:3]}, not {right}")
    report = "\n".join(
        [f"{kind}: {sum(hits)} of {len(hits)}" for kind, hits in first.items()] + wrong
    )
    assert share(first) >= FIRST, report
    assert share(three) >= AMONG_THREE, report
    for hits in first.values():  # of each kind most
        assert sum(hits) / len(hits) >= 0.85, report


def share(hits):
    every = [hit for kind in hits.values() for hit in kind]
    return sum(every) / len(every)


def test_nothing_is_said_where_there_is_nothing(found):
    asked = [asked for kind, asked, _ in queries() if kind == NOTHING]
    assert len(asked) >= 15
    assert {text: found(text) for text in asked if found(text)} == {}
    assert found("") == []
    assert found("?!") == []


def test_the_order_does_not_depend_on_the_process():
    program = (
        "from sidebyside.dictionary import read_all\n"
        "from sidebyside.dictionary.lookup import Finder\n"
        "finder = Finder(read_all())\n"
        f"for line in open({str(QUERIES)!r}, encoding='utf-8'):\n"
        "    print([match.entry.key for match in finder.find(line.split('\\t')[1])]"
        " if line[0] != '#' else '')\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


# names


def test_every_name_leads_to_an_entry_about_it(finder):
    for entry in ENTRIES:
        for side in FRAMEWORKS:
            for name in entry.names[side]:
                full = qualified(name, side)
                for asked in {name, full, re.sub(r"^keras\.", "tf.keras.", full)}:
                    best = finder.find(asked)[0].entry
                    names = {qualified(one, side) for one in best.names[side]}
                    assert full in names, (asked, best.key)


def test_every_entry_comes_first_for_its_key_and_its_title(finder):
    for entry in ENTRIES:
        assert finder.find(entry.key)[0].entry is entry, entry.key
        assert entry in [match.entry for match in finder.find(entry.name)[:2]], entry.name


def test_every_other_word_of_an_entry_leads_to_an_answer(finder):
    for entry in ENTRIES:
        for text in entry.also:
            if plain(text):
                assert finder.find(text), (entry.key, text)


@pytest.mark.parametrize(
    ("asked", "same"),
    [
        ("nn.Linear", "pytorch Linear"),
        ("nn.Linear(3, 4)", "torch.nn.Linear"),
        ("tf.keras.layers.Dense", "tensorflow.keras.layers.Dense"),
        ("tf.keras.layers.Dense", "keras.src.layers.Dense"),
        ("model.fit", "keras.Model.fit"),
        ("conv2d", "Conv2D"),
        ("data loader", "dataloader"),
        ("warm-up", "warmup"),
    ],
)  # fmt: skip
def test_it_is_the_same_by_whichever_name(found, asked, same):
    assert found(asked)[0] == found(same)[0]


def test_a_module_or_class_leads_to_what_it_has(found):
    assert found("torch.optim")[0] == "sgd"
    assert found("tf.data.Dataset")[0] == "dataset-from-tensors"


def test_a_frameworks_name_that_is_unknown_is_not_taken_for_words(found):
    assert found("torch.nn.FractionalMaxPool2d") == []
    assert found("tf.keras.layers.Hashing") == []
    assert found("torchvision.models.resnet18")[0] == "ready-made-model"  # there is resnet50


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("torch.nn.Liinear", "torch.nn.Linear"),
        ("tf.keras.layers.Embeding", "tf.keras.layers.Embedding"),  # embed is known, so spelt not
        ("tf.keras.layers.Croping2D", "tf.keras.layers.Cropping2D"),
        ("torch.get_rng_sttae", "torch.get_rng_state"),
    ],
)
def test_a_misspelt_name_leads_to_the_one_that_was_meant(found, misspelt, meant):
    assert found(misspelt)[0] == found(meant)[0]


# words


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("initialise the weights", "initialize the weights"),
        ("normalise pictures", "normalize pictures"),
        ("optimiser state", "optimizer state"),
        ("centre crop", "center crop"),
        ("vectorised map", "vectorized map"),
        ("learnt positions", "learned positions"),
        ("regularisation", "regularization"),
    ],
)
def test_british_and_american_spellings_are_the_same(found, british, american):
    assert found(british) == found(american) != []


@pytest.mark.parametrize(
    "forms",
    ["clip clipped clipping clips", "concatenate concatenation concatenating",
     "initialise initializer initialization", "batch batches batching", "loss losses",
     "occur occurs occurrence", "embed embedding embeddings", "colour colors"],
)  # fmt: skip
def test_the_forms_of_a_word_have_one_stem(forms):
    assert len({stem(form) for form in forms.split()}) == 1


def test_other_words_have_other_stems():
    names = {"normal", "normalise", "noise", "norm", "state", "unit", "position", "post", "seed"}
    assert len({stem(name) for name in names}) == len(names)


def test_names_are_taken_apart():
    assert parts("BCEWithLogitsLoss") == ("bce", "with", "logits", "loss")
    assert parts("GlobalAveragePooling2D") == ("global", "average", "pooling", "2d")
    assert parts("clip_grad_norm_") == ("clip", "grad", "norm")
    assert plain("BatchNorm_2d (x)") == "batch norm 2d x"


def test_only_what_is_not_known_is_taken_for_misspelt(found, monkeypatch):
    assert found("corss entropy")[0] == "cross-entropy"
    asked = []
    monkeypatch.setattr(Vocabulary, "corrected", lambda self, text: asked.append(text) or text)
    assert found("cross entropy")[0] == "cross-entropy"
    assert found("clip gradients")
    assert asked == []
    assert found("corss entropy") == []
    assert asked == ["corss entropy"]


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("corss", "cross", True),
        ("stft", "soft", False),  # a short word with another letter is another word
        ("sofmax", "softmax", True),
        ("forest", "forget", False),
        ("convultion", "convolution", True),
        ("tensorboard", "tensordot", False),
    ],
)
def test_what_is_a_slip_and_what_another_word(word, known, near):
    assert is_typo(word, known) is near


# what exceptions say


def test_every_message_of_a_trap_leads_to_an_entry_that_has_it(finder):
    for entry in ENTRIES:
        for trap in entry.traps:
            if trap.message:
                best = finder.find(f"{trap.raises}: {trap.message}")[0].entry
                assert trap.message in {other.message for other in best.traps}, trap.message


def test_a_message_is_found_with_other_numbers_and_with_more_around_it(found):
    said = (
        "The size of tensor a (128) must match the size of tensor b (64) at non-singleton dimension"
    )
    assert "broadcast-channels" in found(said)[:3]
    assert found(f"RuntimeError: {said}") == found(said)
    long = "ValueError: The filename must end in `.weights.h5`. Received: filepath=/home/me/a.h5"
    assert found(long)[0] == "save-weights"
    assert found("KeyError: 'labels'") == []  # a word alone is no message


def test_a_message_under_also_is_found_as_those_of_traps_are(found):
    assert (
        found("RuntimeError: shape '[16, 400]' is invalid for input of size 9600")[0] == "reshape"
    )
    assert found("KeyError: 'conv1.weight'") == []  # a quoted name is no message


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("What is the equivalent of torch.gather in TensorFlow?", "gather"),
        ("torch equivalent of np.where", "where"),
        ("What does the view method do?", "reshape"),
        ("Why is tf.function retracing so often?", "retracing-by-shape"),
    ],
)
def test_a_sentence_that_names_a_call_leads_to_it(found, asked, key):
    assert key in found(asked)[:3]


# the command

LOOKUP = """
import sys
from sidebyside.cli import main
sys.argv = ["sidebyside", "lookup", {words!r}]
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""
HEAVY = {"torch", "tensorflow", "keras", "numpy", "matplotlib", "nbformat", "IPython", "jinja2",
         "pygments.lexers.javascript", "sphinx"}  # fmt: skip


def test_looking_up_imports_no_framework_and_little_else():
    done = subprocess.run([sys.executable, "-c", LOOKUP.format(words="clip gradients")],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "nn.utils.clip_grad_norm_" in done.stdout and "clip_by_global_norm" in done.stdout
    assert HEAVY & set(done.stderr.split()) == set()


def test_looking_up_is_little_work():
    """Half a second, told by what does not depend on the machine: calls of Python functions."""
    profile = cProfile.Profile()
    with profile:
        Finder(read_all()).find("clip gradients by their norm")
    assert 10_000 < pstats.Stats(profile).total_calls < 600_000


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("federated averaging", r"has nothing on 'federated averaging'\. Near it: .*\.$"),
        ("qqqqxq", r"has nothing on 'qqqqxq'\.$"),
    ],
)
def test_what_is_not_there_is_told_with_what_is_near(asked, said):
    done = subprocess.run([sys.executable, "-m", "sidebyside", "lookup", asked],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 1
    assert re.search(said, done.stderr.strip())


def test_an_entry_is_shown_in_two_columns_with_note_and_trap(printed, finder):
    match = finder.find("cross-entropy")[0]
    rows = [row for rows in defaults.table().values() for row in rows]
    text = printed(terminal.show, [match], 1, rows)
    assert re.search(r"nn\.CrossEntropyLoss\(\) {5,}.*SparseCategoricalCrossentropy", text)
    assert "same if you set" in text and "Trap in TensorFlow/Keras, off by" in text
    assert match.entry.note.split(",")[0].replace("`", "")[:40] in text
    for entry in ENTRIES:  # all of them can be shown
        printed(terminal.show_entry, CHAPTERS[0], entry)
