"""One picture at a time: what does predict cost, beside a graph?"""

import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from measure import add_a_round

keras.utils.set_random_seed(0)
model = keras.Sequential(
    [
        keras.Input((64, 64, 3)),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        layers.Conv2D(128, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(256, 3, padding="same", activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(10),
    ]
)
graph = tf.function(lambda pictures: model(pictures, training=False))
picture = np.random.default_rng(0).random((1, 64, 64, 3), "float32")


def before():
    return model.predict(picture, verbose=0)


def after():
    return graph(picture).numpy()


np.testing.assert_allclose(before(), after(), rtol=1e-4, atol=1e-5)
version = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
add_a_round(sys.argv[1], version, before=before, after=after)
