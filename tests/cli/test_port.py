"""`sidebyside port`: from file to file, in both directions."""

import subprocess
import sys

import numpy as np
import pytest
import safetensors.torch
from typer.testing import CliRunner

from sidebyside.cli.main import app
from sidebyside.errors import PortingError
from sidebyside.parity.libraries import keras, kl, nn, torch

IMAGES = np.random.default_rng(0).normal(size=(3, 6, 6, 3)).astype("float32")


def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))


def keras_net():
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            kl.Conv2D(4, 3, activation="relu", name="conv"),
            kl.Flatten(),
            kl.Dense(5, name="fc"),
        ]
    )


def outputs(torch_model):
    with torch.no_grad():
        return torch_model(torch.tensor(np.moveaxis(IMAGES, -1, 1).copy())).numpy()


def run(*words):
    return CliRunner().invoke(app, ["port", *map(str, words)])


@pytest.mark.parametrize("name", ["net.safetensors", "net.pt"])
def test_into_a_keras_model(name, tmp_path):
    torch_model, weights, model = net(), tmp_path / name, tmp_path / "net.keras"
    if name.endswith("pt"):
        torch.save(torch_model.state_dict(), weights)
    else:
        safetensors.torch.save_file(torch_model.state_dict(), weights)
    keras_net().save(model)
    before = model.read_bytes()
    done = run(weights, model, "-o", tmp_path / "out.keras", "--flattened", "3=4,4,4")
    assert done.exit_code == 0, done.output
    assert "0.weight" in done.output
    assert "conv/kernel" in done.output
    ported = keras.models.load_model(tmp_path / "out.keras")
    np.testing.assert_allclose(ported(IMAGES), outputs(torch_model), atol=1e-5)
    assert model.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {name, "net.keras", "out.keras"}


@pytest.mark.parametrize("name", ["out.safetensors", "out.pt"])
def test_into_weights_of_pytorch(name, tmp_path):
    keras_model, torch_model = keras_net(), net()
    keras_model.save(tmp_path / "net.keras")
    torch.save(torch_model.state_dict(), tmp_path / "net.pt")
    words = "--flattened", "3=4,4,4", "--pair", "3=fc"
    done = run(tmp_path / "net.keras", tmp_path / "net.pt", "-o", tmp_path / name, *words)
    assert done.exit_code == 0, done.output
    if name.endswith("pt"):
        state = torch.load(tmp_path / name)
    else:
        state = safetensors.torch.load_file(tmp_path / name)
    torch_model.load_state_dict(state)
    np.testing.assert_allclose(keras_model(IMAGES), outputs(torch_model), atol=1e-5)


@pytest.fixture
def files(tmp_path):
    torch.save(net().state_dict(), tmp_path / "net.pt")
    keras_net().save(tmp_path / "net.keras")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("net.pt", "net.keras", "out.keras"), r"not certain.*flattened={'3': \(4, 4, 4\)}"),
        (("net.pt", "net.pt", "out.pt"), "are both files of PyTorch"),
        (("net.pt", "net.keras", "out.pt"), r"out.pt is not a name for a file of Keras"),
        (("net.txt", "net.keras", "out.keras"), r"net.txt is neither a Keras model"),
        (("gone.pt", "net.keras", "out.keras"), "There is no file"),
        (("net.pt", "gone.keras", "out.keras"), "There is no file"),
    ],
)
def test_what_cannot_be_ported_writes_nothing(words, message, files):
    before = {path.name for path in files.iterdir()}
    source, target, output = (files / word for word in words)
    done = run(source, target, "-o", output)
    assert isinstance(done.exception, PortingError)
    with pytest.raises(PortingError, match=message):
        raise done.exception
    assert {path.name for path in files.iterdir()} == before


def test_a_keras_file_that_cannot_be_loaded(files):
    (files / "net.keras").write_bytes(b"hello")
    done = run(files / "net.pt", files / "net.keras", "-o", files / "out.keras")
    assert "cannot be loaded as a Keras model" in str(done.exception)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pair", "fc"), "does not have the form PYTORCH=KERAS"),
        (("--flattened", "fc"), "does not have the form LAYER=64,7,7"),
        (("--flattened", "fc=4,x"), "does not have the form LAYER=64,7,7"),
    ],
)
def test_options_that_are_not_in_form(words, message, files):
    done = run(files / "net.pt", files / "net.keras", "-o", files / "out.keras", *words)
    assert done.exit_code == 1
    assert message in " ".join(done.output.split())


def test_the_command_line_itself_imports_no_framework():
    code = (
        "import sys, sidebyside.cli.moving_weights; "
        "sys.exit(bool({'torch', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
