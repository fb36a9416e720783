#!/usr/bin/env python3
"""Make the models of this folder with TensorFlow: what Keras exports of layers with a memory.

    python make_models.py          # needs tensorflow==2.21.0 and tf_keras==2.21.0
    python make_models.py NAME...  # these only

Not all of them are kept in the repository: COMMITTED says which.
"""

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

STEPS, FEATURES, UNITS, CLASSES = 3, 5, 4, 3


def sequential(keras, *layers):
    """A model of one sample (1, STEPS, FEATURES) through these layers and a dense one."""
    if keras is tf_keras:
        first = keras.layers.InputLayer(input_shape=(STEPS, FEATURES), batch_size=1)
    else:
        first = keras.Input(shape=(STEPS, FEATURES), batch_size=1)
    return keras.Sequential([first, *layers, keras.layers.Dense(CLASSES)])


class Stream(tf.Module):
    """A convolution over a window that slides: one new row a run, the rest is a tf.Variable."""

    def __init__(self):
        random = np.random.default_rng(0)
        self.window = tf.Variable(tf.zeros((1, 2, FEATURES)), trainable=False)
        self.kernel = tf.constant(random.normal(size=(3, FEATURES, UNITS)).astype("f4"))
        self.dense = tf.constant(random.normal(size=(UNITS, CLASSES)).astype("f4"))

    @tf.function(input_signature=[tf.TensorSpec((1, 1, FEATURES), tf.float32, name="x")])
    def __call__(self, x):
        rows = tf.concat([self.window, x], 1)
        self.window.assign(rows[:, 1:])
        y = tf.nn.relu(tf.nn.conv1d(rows, self.kernel, 1, "VALID"))
        return tf.matmul(y[:, 0], self.dense)


KERAS, KERAS_2 = tf.keras.layers, tf_keras.layers
MODELS = {
    # Keras 3, unrolled: int8 all through
    "lstm_unrolled": lambda: sequential(tf.keras, KERAS.LSTM(UNITS, unroll=True)),
    "gru_unrolled": lambda: sequential(tf.keras, KERAS.GRU(UNITS, unroll=True)),
    "gru_reset_before_unrolled": lambda: sequential(tf.keras, KERAS.GRU(UNITS, unroll=True, reset_after=False)),
    "gru_stateful_unrolled": lambda: sequential(tf.keras, KERAS.GRU(UNITS, unroll=True, stateful=True)),
    "rnn_unrolled": lambda: sequential(tf.keras, KERAS.SimpleRNN(UNITS, unroll=True)),
    "conv1d": lambda: sequential(tf.keras, KERAS.Conv1D(6, 3, activation="relu", padding="causal"), KERAS.GlobalAveragePooling1D()),
    "stream": Stream,
    # Keras 2: LSTM is one operator
    "lstm_fused": lambda: sequential(tf_keras, KERAS_2.LSTM(UNITS, return_sequences=True), KERAS_2.LSTM(UNITS)),
    "lstm_bidirectional": lambda: sequential(tf_keras, KERAS_2.Bidirectional(KERAS_2.LSTM(UNITS))),
    # Keras 3, a loop: TensorFlow 2.21 crashes where it should quantize it
    "float_lstm_loop": lambda: sequential(tf.keras, KERAS.LSTM(UNITS, return_sequences=True)),
    "float_gru_loop": lambda: sequential(tf.keras, KERAS.GRU(UNITS)),
    "float_lstm_stateful_loop": lambda: sequential(tf.keras, KERAS.LSTM(UNITS, stateful=True)),
}
COMMITTED = (
    "gru_stateful_unrolled", "rnn_unrolled", "conv1d", "stream", "lstm_fused", "lstm_bidirectional", "float_lstm_loop", "float_gru_loop",
)  # fmt: skip


def convert(name):
    """The bytes of the .tflite file."""
    tf.keras.utils.set_random_seed(1)
    random, model = np.random.default_rng(0), MODELS[name]()
    if isinstance(model, tf.Module) and not hasattr(model, "layers"):
        function = model.__call__.get_concrete_function()
        shape = function.inputs[0].shape
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function], model)
    else:
        shape = (1, STEPS, FEATURES)
        converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if name.startswith("float"):
        converter.experimental_enable_resource_variables = False  # else the weights become variables too
        return converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([random.normal(size=shape).astype("f4")] for _ in range(50))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="by default those that are kept")
    for name in parser.parse_args().models or COMMITTED:
        content = convert(name)
        Path(__file__).with_name(f"{name}.tflite").write_bytes(content)
        print(f"{name:28} {len(content):6} bytes")


if __name__ == "__main__":
    main()
