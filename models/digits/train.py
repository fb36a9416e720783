#!/usr/bin/env python3
"""Train the digits classifier, quantize it to int8 and write digits.tflite, digits_test.npz and labels.txt.

    python train.py             # needs tensorflow and scikit-learn; about half a minute
    python train.py --check     # needs ai-edge-litert and tflite only: what do the files here score?
"""

import argparse
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
N_TRAIN = 1437  # the first images of the file train, the 360 after them test; nothing is shuffled before
CLASSES = [str(digit) for digit in range(10)]


def load_data():
    """Return (x_train, y_train, x_test, y_test): x float32 (n, 8, 8, 1) in 0..1, y uint8 (n,)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    x = (digits.images / 16).astype(np.float32)[..., np.newaxis]  # a pixel counts ink, 0..16
    y = digits.target.astype(np.uint8)
    return x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:]


def build_model(batch=None):
    """Return the untrained Keras model, (batch, 8, 8, 1) pixels in, (batch, 10) probabilities out."""
    from keras import Input, Model, layers

    def conv(x, filters, size=3, relu=True):
        x = layers.Conv2D(filters, size, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if relu else x

    def depthwise(x):
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    def residual(x):
        y = conv(depthwise(x), x.shape[-1], size=1, relu=False)
        return layers.ReLU()(layers.Add()([x, y]))

    image = Input((8, 8, 1), batch)
    x = residual(conv(image, 24))  # (8, 8, 24)
    x = layers.MaxPooling2D(2)(x)  # (4, 4, 24)
    x = residual(conv(x, 40))  # (4, 4, 40)
    x = layers.AveragePooling2D(2)(x)  # (2, 2, 40)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return Model(image, layers.Dense(10, activation="softmax")(x))


def shifted(x, rng):
    """Return x (n, 8, 8, 1) with every image moved by -1, 0 or 1 pixel each way, zeros coming in."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    offsets = rng.integers(0, 3, (len(x), 2))
    return np.stack([image[r:r + 8, c:c + 8] for image, (r, c) in zip(padded, offsets)])


def train(model, x, y, epochs, seed, batch=64):
    """Fit the model to x (n, 8, 8, 1) and y (n,), new shifts every epoch, learning rate on a cosine to zero."""
    import keras

    rng = np.random.default_rng(seed)
    steps = -(-len(x) // batch)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, epochs * steps)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for epoch in range(epochs):
        history = model.fit(shifted(x, rng), y, batch_size=batch, verbose=0)
        if (epoch + 1) % 10 == 0:
            print(f"epoch {epoch + 1:3}  loss {history.history['loss'][0]:.4f}", file=sys.stderr)


def quantize(model, x):
    """Return int8 .tflite bytes; x (n, 8, 8, 1) float32 are training images that set the activations' ranges."""
    import tensorflow as tf

    # With a free batch size Flatten would become SHAPE, STRIDED_SLICE and PACK.
    of_one = build_model(batch=1)
    of_one.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(of_one)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([image[np.newaxis]] for image in x)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    # One scale for the dense layer: only then do LiteRT and TFLite Micro round alike; an old TFLite Micro knows no other.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with redirect_stdout(sys.stderr):  # Keras tells of the export at length
        return converter.convert()


def interpreter_of(tflite):
    """Return an allocated interpreter for .tflite bytes: LiteRT's where it is installed, else TensorFlow's."""
    try:
        from ai_edge_litert import interpreter as litert
    except ImportError:
        from tensorflow import lite

        litert, resolver = lite, lite.experimental.OpResolverType.BUILTIN_REF
    else:
        resolver = litert.OpResolverType.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=tflite, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    return interpreter


def to_int8(interpreter, x):
    """Return float x (n, 8, 8, 1) as the int8 the model's input takes."""
    scale, zero_point = interpreter.get_input_details()[0]["quantization"]
    return np.clip(np.round(x / scale) + zero_point, -128, 127).astype(np.int8)


def accuracy_int8(interpreter, x, y):
    """Return the fraction of x (n, 8, 8, 1) int8 whose largest output is class y (n,)."""
    tensor_in = interpreter.get_input_details()[0]["index"]
    tensor_out = interpreter.get_output_details()[0]["index"]
    right = 0
    for image, label in zip(x, y):
        interpreter.set_tensor(tensor_in, image[np.newaxis])
        interpreter.invoke()
        right += int(np.argmax(interpreter.get_tensor(tensor_out)) == label)
    return right / len(x)


def check(folder):
    """Return rows (name, value) about the files in folder, none of which needs TensorFlow."""
    tflite = (folder / "digits.tflite").read_bytes()
    test = np.load(folder / "digits_test.npz")
    interpreter = interpreter_of(tflite)
    operators = Counter(op["op_name"] for op in interpreter._get_ops_details() if op["op_name"] != "DELEGATE")
    return [
        ("int8 accuracy", f"{accuracy_int8(interpreter, test['x'], test['y']):.2%} of {len(test['y'])} images"),
        ("digits.tflite", f"{len(tflite)} bytes"),
        ("operators", ", ".join(f"{count} {name}" for name, count in operators.items())),
        *((side, "int8 {} scale {:.8g} zero point {}".format(tuple(t["shape"].tolist()), *t["quantization"]))
          for side, t in (("input", interpreter.get_input_details()[0]),
                          ("output", interpreter.get_output_details()[0]))),
    ]


def make(folder, epochs, seed):
    """Train, quantize, write the three files into folder; return rows (name, value) about the float model."""
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    x_train, y_train, x_test, y_test = load_data()
    model = build_model()
    train(model, x_train, y_train, epochs, seed)
    tflite = quantize(model, x_train[:500])

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "digits.tflite").write_bytes(tflite)
    np.savez_compressed(folder / "digits_test.npz", x=to_int8(interpreter_of(tflite), x_test), y=y_test)
    (folder / "labels.txt").write_text("\n".join(CLASSES) + "\n")
    right = np.mean(np.argmax(model.predict(x_test, verbose=0), axis=1) == y_test)
    return [("parameters", str(model.count_params())), ("float accuracy", f"{right:.2%} of {len(y_test)} images")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the files (default: beside this script)")
    parser.add_argument("--epochs", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="train nothing: score the files in --out")
    args = parser.parse_args()
    rows = [] if args.check else make(args.out, args.epochs, args.seed)
    for name, value in rows + check(args.out):
        print(f"{name:15} {value}")


if __name__ == "__main__":
    main()
