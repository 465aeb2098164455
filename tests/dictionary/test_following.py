"""Following names and values: whose methods a program calls."""

import textwrap

import pytest

from sidebyside.dictionary import coverage, read_all
from sidebyside.dictionary.translate import Index, Translation, translate

INDEX = Index(read_all(), coverage.methods())
TORCH = "import torch\nfrom torch import nn, optim\nimport torch.nn.functional as F\n"
KERAS = (
    "import tensorflow as tf\nfrom tensorflow import keras\nfrom tensorflow.keras import layers\n"
)


def marks(before: str, program: str) -> Translation:
    return translate(before + textwrap.dedent(program), INDEX)


def names(before: str, program: str) -> list[str]:
    """Return what is marked, guesses with a question mark."""
    found = marks(before, program)
    return [f"{call.name}{'' if call.sure else '?'}" for call in found.known]


def test_a_module_or_class_may_have_another_name():
    program = """
        n = torch.nn
        conv = n.Conv2d
        conv(3, 8, 3)
        L = n.functional
        L.relu(torch.ones(2))
    """
    assert names(TORCH, program) == ["nn.Conv2d", "nn.Conv2d", "F.relu", "torch.ones"]
    program = "l = tf.keras.layers\nd = l.Dense\nd(3)\n"
    assert names(KERAS, program) == ["layers.Dense", "layers.Dense"]


@pytest.mark.parametrize(
    "program",
    [
        "import numpy as np\nx = np.ones(3)\nx.sum()\nx.reshape(3, 1).mean()\nx.T.view()\n",
        "import pandas as pd\nx = pd.read_csv('a')\nx.map(len).mean()\nx['a'].max()\n",
        "from sklearn.svm import SVC\nmodel = SVC()\nmodel.fit([1], [2])\nmodel.predict([1])\n",
        "class Trainer:\n    def train(self): pass\nmodel = Trainer()\nmodel.train()\n",
        "import gym\nenv = gym.make('a')\nstate, r, done = env.step(0)\nenv.reset()\n",
        "x = {}\nx.values()\nx = [1]\nx.sort()\nx = 'a'\nx.split()\nx = open('f')\nx.close()\n",
        "def f(x):\n    return x.sum()\nimport numpy as np\nf(np.ones(2))\n",
        "class Net:\n    def __init__(self):\n        self.log = []\n    def eval(self):\n"
        "        self.log.append(1)\nNet().eval()\n",
    ],
)
def test_other_libraries_and_the_programs_own_methods_have_no_mark(program):
    for before in (TORCH, KERAS):
        found = marks(before, program)
        assert found.calls == [] and found.passed_over == 0, program


def test_what_an_optimiser_steps_is_no_schedule():
    program = """
        model = nn.Linear(2, 2)
        first = optim.SGD(model.parameters(), lr=0.1)
        second = optim.lr_scheduler.StepLR(first, 3)
        first.step()
        second.step()
    """
    found = [call for call in marks(TORCH, program).known if call.name == ".step"]
    assert [call.counterpart.partition("(")[0] for call in found] == [
        "first.apply", "# nothing: Keras asks the schedule at each step",
    ]  # fmt: skip


def test_attributes_of_the_programs_own_classes_are_followed():
    program = """
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(2, 2)
                self.optimizer = optim.Adam(self.parameters())
            def forward(self, x):
                y = self.layer(x)
                return y.sum(dim=1)
            def fit(self, loader):
                self.optimizer.zero_grad()
                for a, b in loader:
                    self(a).mean().backward()
        net = Net()
        net.fit(torch.utils.data.DataLoader([1]))
        net.eval()
    """
    found = names(TORCH, program)
    assert {".sum", ".zero_grad", ".mean", ".backward", ".eval", ".parameters"} <= set(found)
    assert ".fit" not in found


@pytest.mark.parametrize(
    ("loop", "marked"),
    [
        ("for x, y in loader:\n    x.size(0)\n", True),
        ("for i, (x, y) in enumerate(loader):\n    y.view(-1)\n", True),
        ("from tqdm import tqdm\nfor x, y in tqdm(loader):\n    x.view(-1)\n", True),
        ("x, y = next(iter(loader))\nx.view(-1)\n", True),
        ("for (x, y), z in zip(loader, range(3)):\n    x.view(-1)\n", True),
        ("for i in range(3):\n    i.view(-1)\n", False),
        ("z = [x.view(-1) for x, y in loader]\n", True),
        ("both = {'a': loader}\nfor x, y in both['a']:\n    x.view(-1)\n", True),
    ],
)
def test_what_a_loader_gives_are_tensors(loop, marked):
    program = "loader = torch.utils.data.DataLoader([1], batch_size=2)\n" + loop
    assert any(name in (".view", ".size") for name in names(TORCH, program)) is marked


def test_what_functions_are_called_with_and_give_back_is_followed():
    program = """
        def prepare(images, rate):
            return images.view(-1), rate
        def train(net: nn.Module, batch: "torch.Tensor"):
            net.train()
            return batch.mean()
        a, b = prepare(torch.ones(2), 0.5)
        a.sum()
        train(nn.Linear(2, 2), a).item()
    """
    assert names(TORCH, program) == [
        ".view", ".train", ".mean", "torch.ones", ".sum", ".item", "nn.Linear",
    ]  # fmt: skip


def test_a_value_that_nothing_is_known_of_is_guessed_by_its_name_or_passed_over():
    program = """
        from somewhere import make
        model, thing = make()
        model.eval()
        thing.sum()
        thing.unsqueeze(0)
        thing.frobnicate()
    """
    found = marks(TORCH, program)
    assert [(call.name, call.sure) for call in found.known] == [
        (".eval", False), (".unsqueeze", False),
    ]  # fmt: skip
    assert found.passed_over == 1 and found.unknown == {}
    assert len(found.guessed) == 2


def test_the_kind_of_an_argument_decides():
    program = """
        x = torch.ones(2)
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        x.to(device), x.to("cuda:0"), x.to(torch.long), x.to(x), x.view(torch.int32)
        torch.max(x), torch.max(x, 1), torch.max(x, x), x.max(dim=1, keepdim=True)
    """
    found = [call.counterpart for call in marks(TORCH, program).known][3:]
    assert [text.partition(":")[0] for text in found[:2]] == ["# nothing", "# nothing"]
    assert 'ops.cast(x, "int64")' in found and "ops.cast(x, x.dtype)" in found
    assert 'tf.bitcast(x, "int32")' in found
    assert found[-4:] == [
        "ops.max(x)", "(ops.max(x, axis=1), ops.argmax(x, axis=1))", "ops.maximum(x, x)",
        "(ops.max(x, axis=1, keepdims=True), ops.argmax(x, axis=1, keepdims=True))",
    ]  # fmt: skip


def test_arguments_by_place_are_the_same_as_by_name():
    before = TORCH + "x = torch.ones(2)\n"
    for one, two in (
        ("x.sum(1, True)", "x.sum(dim=1, keepdim=True)"),
        ("nn.Conv2d(3, 8, 3, 1, 1)", "nn.Conv2d(3, 8, kernel_size=3, stride=1, padding=1)"),
        ("torch.clamp(x, 0, 1)", "torch.clamp(x, min=0, max=1)"),
        (
            "nn.LSTM(4, 8, 1, True, True)",
            "nn.LSTM(4, 8, num_layers=1, bias=True, batch_first=True)",
        ),
        ("optim.SGD([x], 0.1, 0.9)", "optim.SGD([x], lr=0.1, momentum=0.9)"),
    ):
        texts = [marks(before, line).known[1].counterpart for line in (one, two)]
        assert texts[0] == texts[1], texts


def test_deep_and_long_programs_are_no_trouble():
    for length in (10, 58):  # as deep as it is followed
        found = marks(TORCH, "y = torch.ones(2)" + ".view(2)" * length + "\n")
        assert len(found.known) == length + 1 and found.passed_over == 0
    chain = "y = torch.ones(2)" + ".view(2)" * 400 + "\n"
    total = "z = " + " + ".join(["y"] * 400) + "\n"
    nested = "".join("    " * i + f"def f{i}(x):\n" for i in range(40)) + "    " * 40 + "pass\n"
    found = marks(TORCH, chain + total + nested)
    assert found.source.endswith(nested)
    loop = (
        "class A(B):\n    pass\nclass B(A):\n    pass\nA().eval()\ndef f():\n    return f()\nf()\n"
    )
    assert marks(TORCH, loop).unknown == {}
