"""What kinds of values the frameworks' calls make, as far as their names tell.

A kind is the full name of the class whose methods a value has: ``torch.Tensor``, ``keras.Model``.
"""

import io
import re
from functools import cache
from pathlib import Path

TENSOR, MODULE, OPTIMIZER = "torch.Tensor", "torch.nn.Module", "torch.optim.Optimizer"
SCHEDULER = "torch.optim.lr_scheduler.LRScheduler"
LOADER, DATA = "torch.utils.data.DataLoader", "torch.utils.data.Dataset"
TRANSFORM, DISTRIBUTION = "torchvision.transforms.v2.Transform", "torch.distributions.Distribution"
SCALER, WRITER = "torch.amp.GradScaler", "torch.utils.tensorboard.SummaryWriter"
TORCH_LOSS = "torch.nn.modules.loss._Loss"
SAMPLER, GENERATOR = "torch.utils.data.Sampler", "torch.Generator"
TF_TENSOR, VARIABLE, TAPE = "tensorflow.Tensor", "tensorflow.Variable", "tensorflow.GradientTape"
LAYER, MODEL, KERAS_OPTIMIZER = "keras.Layer", "keras.Model", "keras.optimizers.Optimizer"
DATASET, METRIC, LOSS = "tensorflow.data.Dataset", "keras.metrics.Metric", "keras.losses.Loss"
INITIALIZER, SCHEDULE = "keras.Initializer", "keras.optimizers.schedules.LearningRateSchedule"
CALLBACK, STRATEGY = "keras.callbacks.Callback", "tensorflow.distribute.Strategy"
CHECKPOINT, FUNCTION = "tensorflow.train.Checkpoint", "tensorflow.function"
FOREIGN = "foreign"  # of Python or of another library
LIST, TUPLE = "list", "tuple"  # of values whose kinds may be known

PARENTS = {
    TORCH_LOSS: MODULE, "torch.nn.Parameter": TENSOR, VARIABLE: TF_TENSOR, MODEL: LAYER,
    "tensorflow.distribute.MirroredStrategy": STRATEGY,
}  # fmt: skip
FRAMEWORK = {"torch": "pytorch", "torchvision": "pytorch", "tensorflow": "tensorflow",
             "keras": "tensorflow"}  # fmt: skip
TENSORS = {TENSOR: TENSOR, TF_TENSOR: TF_TENSOR, VARIABLE: TF_TENSOR, "torch.nn.Parameter": TENSOR}

# what a call gives, by the beginning of its full name; the first that fits decides
RESULTS = [
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"torch\.(tensor|Tensor|nn\.Parameter|autograd\.Variable|\w*Tensor|cuda\.\w*Tensor)$",
         TENSOR),
        (r"torch\.utils\.data\.DataLoader$", LOADER),
        (r"torch\.utils\.data\.(random_split)$", f"{LIST} {DATA}"),
        (r"torch\.utils\.data\.\w*Sampler$|torch\.utils\.data\.distributed\.", SAMPLER),
        (r"torch\.utils\.data\.\w*Dataset$|torch\.utils\.data\.(Subset|dataset\.\w+)$", DATA),
        (r"torch\.utils\.tensorboard\.", WRITER),
        (r"torch\.(cuda\.)?amp\.GradScaler$", SCALER),
        (r"torch\.optim\.lr_scheduler\.\w+$", SCHEDULER),
        (r"torch\.optim\.swa_utils\.AveragedModel$", MODULE),
        (r"torch\.optim\.[A-Z]\w*$", OPTIMIZER),
        (r"torch\.Generator$", GENERATOR),
        (r"torch\.(device|Size|dtype|load|save|set_\w+|get_\w+|is_\w+|cuda|backends|random|version|"
         r"distributed|multiprocessing|hub|manual_seed|seed|initial_seed|compile|jit|onnx|export|"
         r"finfo|iinfo|profiler|accelerator|mps|xpu|fx|_dynamo|library)\b", None),
        (r"torch\.distributions\.kl_divergence$", TENSOR),
        (r"torch\.distributions\.[\w.]*[A-Z]\w*$", DISTRIBUTION),
        (r"torch\.nn\.(functional|init)\.\w+$", TENSOR),
        (r"torch\.nn\.utils\.(rnn\.pad_sequence|parameters_to_vector|clip_grad_\w+)$", TENSOR),
        (r"torch\.nn\.utils\.rnn\.pad_packed_sequence$", TENSOR),
        (r"torch\.nn\.utils\.(parametrizations\.)?(weight|spectral)_norm$", MODULE),
        (r"torch\.nn\.(CrossEntropy|NLL|BCE|BCEWithLogits|MSE|L1|SmoothL1|Huber|KLDiv|PoissonNLL|"
         r"SoftMargin|MultiLabel\w*|MultiMargin|HingeEmbedding)Loss$", TORCH_LOSS),
        (r"torch\.nn\.(parallel\.|utils\.parametrizations\.)?[A-Z]\w*$", MODULE),
        (r"torch\.autograd\.grad$", TENSOR),
        (r"torch\.(linalg|fft|special|func|masked|sparse|nested|signal|utils\.checkpoint)\.[a-z]",
         TENSOR),
        (r"torch\.[a-z]\w*$", TENSOR),
        (r"torchvision\.models\.(\w+\.)*\w*Weights\b", None),
        (r"torchvision\.models\.", MODULE),
        (r"torchvision\.datasets\.", DATA),
        (r"torchvision\.transforms\.(v2\.)?functional\.", TENSOR),
        (r"torchvision\.transforms\.(v2\.)?[A-Z]", TRANSFORM),
        (r"torchvision\.utils\.make_grid$", TENSOR),
        (r"torchvision\.ops\.[A-Z]", MODULE),
        (r"torchvision\.ops\.", TENSOR),
        (r"keras\.(Input|layers\.Input)$", TF_TENSOR),
        (r"keras\.layers\.[a-z]\w*$", TF_TENSOR),
        (r"keras\.layers\.", LAYER),
        (r"keras\.(Model|Sequential)$", MODEL),
        (r"keras\.(models|saving)\.(load_model|clone_model|model_from_\w+)$", MODEL),
        (r"keras\.applications\.[\w.]*(preprocess_input|decode_predictions)$", FOREIGN),
        (r"keras\.applications\.[\w.]*[A-Z]\w*$", MODEL),
        (r"keras\.optimizers\.schedules\.", SCHEDULE),
        (r"keras\.optimizers\.", KERAS_OPTIMIZER),
        (r"keras\.losses\.[A-Z]\w*$", LOSS),
        (r"keras\.losses\.", TF_TENSOR),
        (r"keras\.(metrics\.[A-Z]\w*|Metric)$", METRIC),
        (r"keras\.metrics\.", TF_TENSOR),
        (r"keras\.initializers\.", INITIALIZER),
        (r"keras\.callbacks\.", CALLBACK),
        (r"keras\.Variable$", VARIABLE),
        (r"keras\.(ops|random|activations|backend)\.", TF_TENSOR),
        (r"keras\.utils\.(image|text|audio|timeseries)_dataset_from_\w+$", DATASET),
        (r"keras\.(datasets|utils|preprocessing)\.", FOREIGN),
        (r"tensorflow\.data\.experimental\.(make_csv_dataset|CsvDataset)$", DATASET),
        (r"tensorflow\.data\.(Dataset\.\w+|\w*Dataset)$", DATASET),
        (r"tensorflow\.Variable$", VARIABLE),
        (r"tensorflow\.GradientTape$", TAPE),
        (r"tensorflow\.train\.(Checkpoint|CheckpointManager)$", CHECKPOINT),
        (r"tensorflow\.distribute\.\w*Strategy$", STRATEGY),
        (r"tensorflow\.(config|version|saved_model|test|debugging|io\.gfile|train|data|lite|"
         r"summary|function|device|autograph|py_function|numpy_function|dtypes|TensorSpec|"
         r"constant_initializer|print|random\.(set_seed|Generator)|function|Module)\b", None),
        (r"tensorflow\.(\w+\.)*[a-z]\w*$", TF_TENSOR),
    )
]  # fmt: skip

# methods that give something else than a tensor
OTHERWISE = {
    TENSOR: dict.fromkeys(
        ("item", "numpy", "tolist", "size", "dim", "numel", "nelement", "ndimension", "stride",
         "get_device", "element_size", "is_contiguous", "is_floating_point", "is_complex",
         "data_ptr", "storage", "shape", "ndim", "device", "dtype", "is_cuda", "requires_grad"),
        FOREIGN) | {"backward": None, "register_hook": None},
    TF_TENSOR: {"numpy": FOREIGN, "get_shape": FOREIGN, "shape": FOREIGN, "dtype": FOREIGN,
                "ndim": FOREIGN, "name": FOREIGN, "device": FOREIGN},
    VARIABLE: {"numpy": FOREIGN, "shape": FOREIGN, "dtype": FOREIGN, "name": FOREIGN},
    MODULE: {
        "parameters": f"{LIST} {TENSOR}", "buffers": f"{LIST} {TENSOR}",
        "named_parameters": f"named {TENSOR}", "named_buffers": f"named {TENSOR}",
        "children": f"{LIST} {MODULE}", "modules": f"{LIST} {MODULE}",
        "named_children": f"named {MODULE}", "named_modules": f"named {MODULE}",
        "state_dict": FOREIGN, "load_state_dict": None, "training": FOREIGN, "weight": TENSOR,
        "bias": TENSOR, "forward": TENSOR, "in_features": FOREIGN, "out_features": FOREIGN,
    } | dict.fromkeys(
        ("to", "cuda", "cpu", "eval", "train", "float", "half", "double", "bfloat16", "apply",
         "requires_grad_", "compile", "share_memory", "type"), MODULE),
    OPTIMIZER: {"state_dict": FOREIGN, "param_groups": FOREIGN, "state": FOREIGN},
    SCHEDULER: {"get_last_lr": FOREIGN, "state_dict": FOREIGN},
    LOADER: {"dataset": DATA, "sampler": SAMPLER, "batch_size": FOREIGN},
    DATA: {"classes": FOREIGN, "class_to_idx": FOREIGN, "data": None, "targets": None},
    SCALER: {"scale": TENSOR, "state_dict": FOREIGN},
    DISTRIBUTION: dict.fromkeys(("sample", "rsample", "log_prob", "entropy", "mean", "stddev",
                                 "variance", "probs", "logits", "loc", "scale"), TENSOR),
    WRITER: {}, SAMPLER: {}, GENERATOR: {"manual_seed": GENERATOR}, TRANSFORM: {},
    LAYER: {
        "weights": f"{LIST} {VARIABLE}", "trainable_variables": f"{LIST} {VARIABLE}",
        "trainable_weights": f"{LIST} {VARIABLE}", "variables": f"{LIST} {VARIABLE}",
        "non_trainable_weights": f"{LIST} {VARIABLE}", "get_weights": FOREIGN,
        "get_config": FOREIGN, "count_params": FOREIGN, "add_weight": VARIABLE, "kernel": VARIABLE,
        "bias": VARIABLE, "output": TF_TENSOR, "input": TF_TENSOR, "call": TF_TENSOR,
        "get_vocabulary": FOREIGN, "name": FOREIGN, "trainable": FOREIGN, "dtype": FOREIGN,
        "adapt": None,
    },
    MODEL: {
        "layers": f"{LIST} {LAYER}", "get_layer": LAYER, "fit": "keras.callbacks.History",
        "predict": FOREIGN, "evaluate": FOREIGN, "predict_on_batch": FOREIGN,
        "train_on_batch": FOREIGN, "test_on_batch": FOREIGN, "history": "keras.callbacks.History",
        "optimizer": KERAS_OPTIMIZER, "compile": None, "summary": None, "save": None,
        "to_json": FOREIGN, "output_shape": FOREIGN, "input_shape": FOREIGN,
    },
    KERAS_OPTIMIZER: {"learning_rate": VARIABLE, "lr": VARIABLE, "iterations": VARIABLE},
    DATASET: dict.fromkeys(("cardinality",), TF_TENSOR) | {"as_numpy_iterator": FOREIGN,
                                                           "element_spec": FOREIGN,
                                                           "class_names": FOREIGN},
    TAPE: {"gradient": TF_TENSOR, "jacobian": TF_TENSOR, "batch_jacobian": TF_TENSOR},
    METRIC: {"result": TF_TENSOR}, LOSS: {}, INITIALIZER: {}, SCHEDULE: {}, CALLBACK: {},
    "keras.callbacks.History": {"history": FOREIGN}, STRATEGY: {}, CHECKPOINT: {},
}  # fmt: skip

# what an object gives that is called, and what it gives item by item
CALLED = {MODULE: TENSOR, TORCH_LOSS: TENSOR, TRANSFORM: TENSOR, LAYER: TF_TENSOR,
          MODEL: TF_TENSOR, LOSS: TF_TENSOR, METRIC: TF_TENSOR,
          INITIALIZER: TF_TENSOR, SCHEDULE: TF_TENSOR}  # fmt: skip
ITEMS = {LOADER: TENSOR, DATA: TENSOR, DATASET: TF_TENSOR, TENSOR: TENSOR, TF_TENSOR: TF_TENSOR,
         VARIABLE: TF_TENSOR, MODULE: MODULE, FOREIGN: FOREIGN, MODEL: None}  # fmt: skip

# libraries whose objects have methods of the same names as tensors or models
LIBRARIES = frozenset({
    "numpy", "pandas", "sklearn", "scipy", "matplotlib", "seaborn", "PIL", "cv2", "gym",
    "gymnasium", "tqdm", "imageio", "skimage", "h5py", "nltk", "spacy", "wandb",
    "tensorflow_probability", "tensorflow_text",
    "tokenizers", "jax", "plotly", "IPython", "google", "xgboost",
    "lightgbm", "ignite",     "tensorboardX",
    "mlflow", "optuna", "ray", "joblib", "requests", "yaml", "networkx", "statsmodels",
    })  # fmt: skip
# methods that NumPy's arrays, pandas' tables and Python's own objects have, too
COMMON = frozenset(
    {name for kind in (dict, list, str, set, bytes, int, float, Path, io.TextIOBase)
     for name in dir(kind)}
) | frozenset({
    "all", "any", "argmax", "argmin", "argsort", "astype", "clip", "copy", "cumprod", "cumsum",
    "data", "diagonal", "dot", "dtype", "fill", "flatten", "imag", "item", "load", "max",
    "mean", "min", "ndim", "nonzero", "prod", "ravel", "real", "repeat", "reshape", "resize",
    "round", "save", "searchsorted", "shape", "size", "sort", "squeeze", "std", "step", "sum",
    "swapaxes", "take", "tolist", "trace", "transpose", "var", "view", "abs", "add", "apply",
    "corr", "count", "cov", "diff", "div", "eq", "eval", "filter", "floordiv", "ge", "gt",
    "join", "le", "lt", "map", "median", "mod", "mode", "mul", "ne", "pow", "quantile", "rank",
    "select", "shift", "sub", "unique", "values", "where", "drop", "fit", "predict", "score",
    "transform", "evaluate", "compile", "train", "reset", "update", "name", "state", "batch",
    "shuffle", "build", "close", "write", "read", "zip", "window", "options", "cache", "range",
    "enumerate", "random", "layers", "weights", "input", "output", "summary", "call", "metrics",
    "loss", "history", "run", "generate", "device", "type", "to_json", "get_config",
    "set_weights", "get_weights", "log", "exp", "sin", "cos", "sqrt", "norm", "inverse",
    "index_select", "expand", "split", "stack", "cat", "stop", "result", "variables",
    "trainable", "lr", "watch", "gradient", "export", "decode", "encode", "concatenate",
    "reduce", "sample", "log_prob", "entropy", "scale", "flush", "register", "tile", "double",
    "square", "sign", "rot90", "roll",
})  # fmt: skip

# by what names values usually go; a value of such a name is taken for one, as a guess
_WORDS = {
    "pytorch": {
        MODULE: "model net network module encoder decoder generator discriminator critic actor "
                "backbone classifier policy resnet vgg unet teacher student netg netd bert gpt "
                "embedder transformer lstm rnn gru cnn mlp",
        OPTIMIZER: "optimizer optimiser optim opt",
        SCHEDULER: "scheduler",
        LOADER: "loader dataloader trainloader testloader valloader loaders dataloaders",
        SCALER: "scaler gradscaler",
        WRITER: "writer",
        TENSOR: "loss logits output outputs inputs input images imgs img labels label targets "
                "target preds pred predictions x y z h q k v mask hidden emb embedding embeddings "
                "features feats tensor src tgt probs scores attn att weight weights bias grad "
                "param out batch noise latent mu logvar sigma eps value values reward rewards "
                "adj prob predicted real fake boxes masks correct t",
    },
    "tensorflow": {
        MODEL: "model net network encoder decoder generator discriminator critic actor autoencoder "
               "vae gan classifier backbone unet resnet",
        KERAS_OPTIMIZER: "optimizer optimiser opt",
        DATASET: "dataset ds trainset testset",
        TAPE: "tape",
        LAYER: "layer",
        TF_TENSOR: "loss logits output outputs inputs x tensor logvar predictions",
        CALLBACK: "callback",
    },
}  # fmt: skip
GUESSES = {
    side: {word: kind for kind, words in kinds.items() for word in words.split()}
    for side, kinds in _WORDS.items()
}


def result(name: str) -> str | None:
    """Return what a call of a full name gives: a kind, or None if that is not known."""
    return next((kind for pattern, kind in RESULTS if pattern.match(name)), None)


def family(kind: str) -> list[str]:
    """Return a kind and those whose methods it has, too."""
    found = [kind]
    while found[-1] in PARENTS:
        found.append(PARENTS[found[-1]])
    return found


def member(kind: str, name: str) -> str | None:
    """Return what an attribute or a method's call of a kind gives."""
    for one in family(kind):
        if one in OTHERWISE and name in OTHERWISE[one]:
            return OTHERWISE[one][name]
    if kind in TENSORS:
        return TENSORS[kind]
    return DATASET if kind == DATASET else None


@cache
def guess(name: str, side: str) -> str | None:
    """Return the kind that values of a name usually have."""
    if re.fullmatch(r"(criterion\w*|loss_?(fn|func|function|object)|\w*_loss_fn)", name):
        return TORCH_LOSS if side == "pytorch" else LOSS
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)]
    known = GUESSES[side]
    for word in (*words[-1:], *words[:1]):
        if word in known:
            return known[word]
    return None
