"""Older and longer names of the frameworks' calls, and the one that the dictionary has."""

import re
from functools import cache

from sidebyside.dictionary.names import canonical

# beginnings of names, as they were once or are besides
MOVED = (
    ("tensorflow.compat.v2.", "tensorflow."),
    ("tensorflow.compat.v1.", "tensorflow."),
    ("tensorflow.optimizers.", "keras.optimizers."),
    ("tensorflow.losses.", "keras.losses."),
    ("tensorflow.metrics.", "keras.metrics."),
    ("tensorflow.initializers.", "keras.initializers."),
    ("keras.optimizers.legacy.", "keras.optimizers."),
    ("keras.optimizers.experimental.", "keras.optimizers."),
    ("keras.layers.experimental.preprocessing.", "keras.layers."),
    ("keras.preprocessing.sequence.pad_sequences", "keras.utils.pad_sequences"),
    ("keras.preprocessing.image.ImageDataGenerator", "keras.preprocessing.ImageDataGenerator"),
    ("keras.preprocessing.image.", "keras.utils."),
    ("keras.preprocessing.text_dataset_from_directory", "keras.utils.text_dataset_from_directory"),
    ("keras.preprocessing.timeseries_dataset_from_array",
     "keras.utils.timeseries_dataset_from_array"),
    ("keras.preprocessing.image_dataset_from_directory",
     "keras.utils.image_dataset_from_directory"),
    ("keras.preprocessing.text.", "keras.preprocessing."),
    ("keras.utils.np_utils.", "keras.utils."),
    ("keras.utils.generic_utils.", "keras.utils."),
    ("keras.utils.vis_utils.", "keras.utils."),
    ("keras.engine.topology.", "keras."),
    ("keras.engine.", "keras."),
    ("keras.layers.Input", "keras.Input"),
    ("keras.layers.Layer", "keras.Layer"),
    ("keras.callbacks.callbacks.", "keras.callbacks."),
    ("tensorflow.data.experimental.AUTOTUNE", "tensorflow.data.AUTOTUNE"),
    ("torchvision.transforms.functional.", "torchvision.transforms.v2.functional."),
    ("torch.cuda.FloatTensor", "torch.FloatTensor"),
    ("torch.cuda.LongTensor", "torch.LongTensor"),
    ("torch.cuda.ByteTensor", "torch.ByteTensor"),
    ("torch.cuda.amp.", "torch.amp."),
    ("torch.amp.autocast", "torch.autocast"),
    ("torch.functional.F", "torch.nn.functional"),
    ("torch.utils.data.distributed.", "torch.utils.data."),
    ("torch.utils.data.dataloader.", "torch.utils.data."),
    ("torch.utils.data.dataset.", "torch.utils.data."),
    ("torch.utils.data.sampler.", "torch.utils.data."),
    ("torch.optim.optimizer.", "torch.optim."),
    ("torch.nn.parallel.DataParallel", "torch.nn.DataParallel"),
    ("torch.distributions.categorical.", "torch.distributions."),
    ("torch.distributions.normal.", "torch.distributions."),
    ("torch.distributions.bernoulli.", "torch.distributions."),
    ("torch.distributions.kl.", "torch.distributions."),
    ("torch.nn.utils.spectral_norm", "torch.nn.utils.parametrizations.spectral_norm"),
    ("torch.nn.utils.weight_norm", "torch.nn.utils.parametrizations.weight_norm"),
)  # fmt: skip
KERAS_LAYERS = re.compile(
    r"keras\.layers\.(core|convolutional|recurrent|pooling|normalization|embeddings|merge|noise|"
    r"advanced_activations|wrappers|local)\.(?=[A-Z])"
)
# names that changed in full
RENAMED = {
    "keras.layers.MaxPool1D": "keras.layers.MaxPooling1D",
    "keras.layers.MaxPool2D": "keras.layers.MaxPooling2D",
    "keras.layers.MaxPool3D": "keras.layers.MaxPooling3D",
    "keras.layers.AvgPool1D": "keras.layers.AveragePooling1D",
    "keras.layers.AvgPool2D": "keras.layers.AveragePooling2D",
    "keras.layers.AvgPool3D": "keras.layers.AveragePooling3D",
    "keras.layers.GlobalAvgPool1D": "keras.layers.GlobalAveragePooling1D",
    "keras.layers.GlobalAvgPool2D": "keras.layers.GlobalAveragePooling2D",
    "keras.layers.GlobalAvgPool3D": "keras.layers.GlobalAveragePooling3D",
    "keras.layers.GlobalMaxPool1D": "keras.layers.GlobalMaxPooling1D",
    "keras.layers.GlobalMaxPool2D": "keras.layers.GlobalMaxPooling2D",
    "keras.layers.Convolution1D": "keras.layers.Conv1D",
    "keras.layers.Convolution2D": "keras.layers.Conv2D",
    "keras.layers.Convolution3D": "keras.layers.Conv3D",
    "keras.layers.Deconvolution2D": "keras.layers.Conv2DTranspose",
    "keras.layers.Conv2DTranspose2D": "keras.layers.Conv2DTranspose",
    "keras.layers.SeparableConvolution2D": "keras.layers.SeparableConv2D",
    "keras.layers.CuDNNLSTM": "keras.layers.LSTM",
    "keras.layers.CuDNNGRU": "keras.layers.GRU",
    "keras.layers.MultiheadAttention": "keras.layers.MultiHeadAttention",
    "keras.losses.MSE": "keras.losses.mean_squared_error",
    "keras.losses.mse": "keras.losses.mean_squared_error",
    "keras.losses.MAE": "keras.losses.mean_absolute_error",
    "keras.losses.mae": "keras.losses.mean_absolute_error",
    "keras.metrics.mse": "keras.losses.mean_squared_error",
    "keras.metrics.mae": "keras.losses.mean_absolute_error",
    "keras.metrics.mean_squared_error": "keras.losses.mean_squared_error",
    "keras.metrics.mean_absolute_error": "keras.losses.mean_absolute_error",
    "keras.activations.swish": "keras.activations.silu",
    "keras.backend.log": "keras.ops.log",
    "keras.backend.random_normal": "keras.random.normal",
    "keras.backend.random_uniform": "keras.random.uniform",
    "keras.initializers.glorot_uniform": "keras.initializers.GlorotUniform",
    "keras.initializers.glorot_normal": "keras.initializers.GlorotNormal",
    "keras.initializers.he_uniform": "keras.initializers.HeUniform",
    "keras.initializers.he_normal": "keras.initializers.HeNormal",
    "keras.initializers.random_normal": "keras.initializers.RandomNormal",
    "keras.initializers.random_uniform": "keras.initializers.RandomUniform",
    "keras.initializers.truncated_normal": "keras.initializers.TruncatedNormal",
    "keras.initializers.orthogonal": "keras.initializers.Orthogonal",
    "keras.initializers.constant": "keras.initializers.Constant",
    "keras.initializers.zeros": "keras.initializers.Zeros",
    "keras.initializers.ones": "keras.initializers.Ones",
    "tensorflow.zeros_initializer": "keras.initializers.Zeros",
    "tensorflow.ones_initializer": "keras.initializers.Ones",
    "tensorflow.constant_initializer": "keras.initializers.Constant",
    "tensorflow.random_normal_initializer": "keras.initializers.RandomNormal",
    "tensorflow.random_uniform_initializer": "keras.initializers.RandomUniform",
    "tensorflow.dtypes.cast": "tensorflow.cast",
    "keras.applications.resnet.ResNet50": "keras.applications.ResNet50",
    "keras.applications.resnet50.ResNet50": "keras.applications.ResNet50",
    "keras.applications.vgg16.VGG16": "keras.applications.VGG16",
    "keras.applications.vgg19.VGG19": "keras.applications.VGG19",
    "keras.applications.inception_v3.InceptionV3": "keras.applications.InceptionV3",
    "keras.applications.mobilenet_v2.MobileNetV2": "keras.applications.MobileNetV2",
    "keras.regularizers.l2": "keras.regularizers.L2",
    "keras.regularizers.l1": "keras.regularizers.L1",
    "keras.utils.Sequence": "keras.utils.PyDataset",
    "tensorflow.log": "tensorflow.math.log",
    "tensorflow.concat_v2": "tensorflow.concat",
    "tensorflow.random_normal": "tensorflow.random.normal",
    "tensorflow.random_uniform": "tensorflow.random.uniform",
    "tensorflow.truncated_normal": "tensorflow.random.truncated_normal",
    "tensorflow.set_random_seed": "tensorflow.random.set_seed",
    "tensorflow.to_float": "tensorflow.cast",
    "tensorflow.nn.max_pool": "tensorflow.nn.max_pool2d",
    "tensorflow.nn.avg_pool": "tensorflow.nn.avg_pool2d",
    "tensorflow.read_file": "tensorflow.io.read_file",
    "torch.nn.utils.clip_grad_norm": "torch.nn.utils.clip_grad_norm_",
    "torch.nn.utils.clip_grad_value": "torch.nn.utils.clip_grad_value_",
    "torch.nn.init.xavier_uniform": "torch.nn.init.xavier_uniform_",
    "torch.nn.init.xavier_normal": "torch.nn.init.xavier_normal_",
    "torch.nn.init.kaiming_uniform": "torch.nn.init.kaiming_uniform_",
    "torch.nn.init.kaiming_normal": "torch.nn.init.kaiming_normal_",
    "torch.nn.init.uniform": "torch.nn.init.uniform_",
    "torch.nn.init.normal": "torch.nn.init.normal_",
    "torch.nn.init.constant": "torch.nn.init.constant_",
    "torch.nn.init.orthogonal": "torch.nn.init.orthogonal_",
    "torch.nn.functional.tanh": "torch.tanh",
    "torch.nn.functional.sigmoid": "torch.sigmoid",
    "torch.range": "torch.arange",
    "torch.nn.functional.upsample": "torch.nn.functional.interpolate",
    "torch.concat": "torch.cat",
    "torch.concatenate": "torch.cat",
    "torchvision.transforms.Scale": "torchvision.transforms.Resize",
    "torchvision.transforms.RandomSizedCrop": "torchvision.transforms.RandomResizedCrop",
}
# what TensorFlow has twice: once in `tf.math`, once in `tf`
V1 = re.compile(r"torchvision\.transforms\.(?=[A-Z])")  # the same classes, in the older module
MATH = re.compile(
    r"tensorflow\.math\.(abs|acos|add|add_n|argmax|argmin|asin|atan|atan2|cos|cosh|cumsum|divide|"
    r"equal|exp|floor|greater|greater_equal|less|less_equal|logical_and|logical_not|logical_or|"
    r"maximum|minimum|multiply|negative|not_equal|pow|reduce_all|reduce_any|reduce_logsumexp|"
    r"reduce_max|reduce_mean|reduce_min|reduce_prod|reduce_sum|round|scalar_mul|sigmoid|sign|sin|"
    r"sinh|sqrt|square|subtract|tan|tanh|truediv)"
)
SAME = re.compile(r"tensorflow\.(?:linalg|nn)\.(einsum|matmul|tanh|sigmoid|norm|eye)")


@cache
def public(name: str) -> str:
    """Return the name that the dictionary has for a call, of all its full names."""
    name = canonical(name)
    name = KERAS_LAYERS.sub("keras.layers.", name)
    for old, new in MOVED:
        if name.startswith(old):
            name = canonical(new + name.removeprefix(old))
    if found := MATH.fullmatch(name) or SAME.fullmatch(name):
        return f"tensorflow.{found[1]}"
    name = RENAMED.get(name, name)
    return V1.sub("torchvision.transforms.v2.", name)
