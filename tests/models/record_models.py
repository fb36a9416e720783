#!/usr/bin/env python3
"""Record what TFLite Micro makes of the models in keras/ and tflm/, run after run, into NAME_tflm.npz beside each.

    python record_models.py       # needs what tests/kernels/record.py needs (tests/kernels/README.md)
    python record_models.py NAME  # this one only

Of the float models in keras/ it is LiteRT that is recorded, into NAME_litert.npz: TFLite Micro cannot change the size of a tensor, and
their loops do. A file holds y0, y1 ... (runs, ...), the outputs for inputs(); those are made anew.
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
N_RUNS = 24


def inputs(shapes, dtypes, n_runs=N_RUNS):
    """[[array of each input] of each run]: xorshift32 from 1, as FORMAT.md has it; float32 is an int8 divided by 32."""
    state, runs = 1, []
    for _ in range(n_runs):
        arrays = []
        for shape, dtype in zip(shapes, dtypes):
            values = np.empty(int(np.prod(shape)), np.uint32)
            for i in range(len(values)):
                state ^= state << 13 & 0xFFFFFFFF
                state ^= state >> 17
                state ^= state << 5 & 0xFFFFFFFF
                values[i] = state
            if dtype == "float32":
                data = (values >> 24).astype(np.uint8).view(np.int8).astype(np.float32) / 32
            else:
                size = np.dtype(dtype).itemsize
                data = (values >> 32 - 8 * size).astype(f"u{size}").view(dtype)
            arrays.append(data.reshape(shape))
        runs.append(arrays)
    return runs


def signature(content):
    """(shapes, dtypes) of the inputs of a .tflite file."""
    import tflite

    names = {tflite.TensorType.INT8: "int8", tflite.TensorType.INT16: "int16", tflite.TensorType.FLOAT32: "float32"}
    graph = tflite.Model.GetRootAs(content, 0).Subgraphs(0)
    tensors = [graph.Tensors(i) for i in graph.InputsAsNumpy()]
    return [tuple(map(int, tensor.ShapeAsNumpy())) for tensor in tensors], [names[tensor.Type()] for tensor in tensors]


def main():
    sys.path.insert(0, str(HERE.parent / "kernels"))
    import record

    for path in sorted(HERE.glob("*/*.tflite")):
        if sys.argv[1:] and path.stem not in sys.argv[1:]:
            continue
        content, is_float = path.read_bytes(), path.stem.startswith("float")
        runs = inputs(*signature(content))
        try:
            outputs = record.run_litert(content, runs, path.stem) if is_float else record.run_tflm(content, runs)
        except ImportError:
            continue  # the other one's environment
        made = path.with_name(f"{path.stem}_{'litert' if is_float else 'tflm'}.npz")
        np.savez_compressed(made, **{f"y{i}": np.stack([run[i] for run in outputs]) for i in range(len(outputs[0]))})
        print(f"{made.name:40} {made.stat().st_size:6} bytes")


if __name__ == "__main__":
    main()
