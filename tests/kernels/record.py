#!/usr/bin/env python3
"""Record what TFLite Micro computes for the models of cases.py into vectors/OPERATOR.npz.

    python record.py            # needs tflite-micro, tflite, flatbuffers (README.md says how to install them)
    python record.py --litert   # replay the recorded files on LiteRT (ai-edge-litert): where does it differ?

A file holds case000_model (the .tflite, uint8), case000_x0 ... its inputs and case000_y0 ... its outputs.
"""

import argparse
from pathlib import Path

import numpy as np

VECTORS = Path(__file__).resolve().parent / "vectors"
ARENA_BYTES = 1 << 20


def run_tflm(model, inputs):
    """Return [output] of TFLite Micro for .tflite bytes and a list of input arrays."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES)
    for i, data in enumerate(inputs):
        interpreter.set_input(data, i)
    interpreter.invoke()
    return [interpreter.get_output(0)]


def run_litert(model, inputs, operator):
    """Return [output] of LiteRT, by those of its kernels that come closest to TFLite Micro's.

    They are the reference kernels, but for FULLY_CONNECTED: there the reference rounds once, TFLM and the optimized twice.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    reference = operator != "fully_connected"
    resolver = OpResolverType.BUILTIN_REF if reference else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    for detail, data in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], data)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def record(operator, cases):
    """Run cases, a list of (.tflite bytes, [inputs]), write the operator's file and return its path."""
    arrays = {}
    for i, (model, inputs) in enumerate(cases):
        arrays[f"case{i:03}_model"] = np.frombuffer(model, np.uint8)
        arrays |= {f"case{i:03}_x{k}": data for k, data in enumerate(inputs)}
        arrays |= {f"case{i:03}_y{k}": data for k, data in enumerate(run_tflm(model, inputs))}
    VECTORS.mkdir(exist_ok=True)
    path = VECTORS / f"{operator}.npz"
    np.savez_compressed(path, **arrays)
    return path


def recorded(path):
    """Yield (name, .tflite bytes, [inputs], [outputs]) of every case in a recorded file."""
    with np.load(path) as arrays:
        for name in sorted({key.split("_")[0] for key in arrays}):
            xs, ys = ([arrays[key] for key in sorted(arrays) if key.startswith(f"{name}_{kind}")] for kind in "xy")
            yield name, arrays[f"{name}_model"].tobytes(), xs, ys


def litert_differences(path):
    """Return a sentence for every case of a recorded file that LiteRT computes otherwise."""
    found = []
    for name, model, inputs, outputs in recorded(path):
        for want, got in zip(outputs, run_litert(model, inputs, path.stem), strict=True):
            want, got = want.ravel(), got.ravel()
            differ = np.flatnonzero(want != got)
            if len(differ):
                at = differ[0]
                found.append(f"{path.stem} {name}: {len(differ)} of {len(want)} values differ, the first at {at}: "
                             f"TFLM {want[at]}, LiteRT {got[at]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--litert", action="store_true", help="record nothing: compare the files with LiteRT")
    args = parser.parse_args()
    if args.litert:
        for path in sorted(VECTORS.glob("*.npz")):
            print("\n".join(litert_differences(path)) or f"{path.stem}: LiteRT computes the same")
        return
    from cases import OPERATORS, cases

    for operator in OPERATORS:
        path = record(operator.__name__, cases(operator))
        print(f"{path.name:24} {path.stat().st_size:7} bytes")


if __name__ == "__main__":
    main()
