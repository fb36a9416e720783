#!/usr/bin/env python3
"""Record what TFLite Micro computes for the models of cases/ into vectors/OPERATOR.npz.

    python record.py            # needs tflite-micro, tflite, flatbuffers (README.md says how to install them)
    python record.py add pad    # these operators only
    python record.py --litert   # replay the recorded files on LiteRT (ai-edge-litert): where does it differ?

A file holds case000_model (the .tflite, uint8), case000_x0 ... its inputs and case000_y0 ... its outputs; those
of a model with a memory are case000_x0_steps and so on, (steps, ...).
"""

import argparse
from pathlib import Path

import numpy as np
import tflite

VECTORS = Path(__file__).resolve().parent / "vectors"
ARENA_BYTES = 1 << 20
# TFLite Micro has no int8 or int32 kernel for these: LiteRT's reference kernels are recorded.
LITERT_ONLY = {
    "relu_0_to_1", "relu_n1_to_1", "gelu", "exp", "log", "reduce_any", "floor_div", "floor_mod", "select_integers", "arg_max_64", "neg", "arg_max_integers",
    "squared_difference_integers", "cumsum_integers", "top_k",
    "tile", "strided_slice_axes", "moves_of_other_dtypes", "cast_of_other_dtypes",
    "space_to_batch_nd",  # which TFLite Micro has, but it pads with a byte that it never sets
}


def run_tflm(model, steps):
    """[[output, ...] of every step] of TFLite Micro, for .tflite bytes and its inputs: a list of arrays per step."""
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES)
    n_outputs = tflite.Model.GetRootAs(model, 0).Subgraphs(0).OutputsLength()
    found = []
    for inputs in steps:
        for i, data in enumerate(inputs):
            interpreter.set_input(data, i)
        interpreter.invoke()
        found.append([interpreter.get_output(i) for i in range(n_outputs)])
    return found


def run_litert(model, steps, operator):
    """The same of LiteRT, by those of its kernels that come closest to TFLite Micro's.

    They are the reference kernels, but for FULLY_CONNECTED: there the reference rounds once, TFLM and the optimized twice; for
    SUM, which the reference does not rescale; and for ELU, which it does not have.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    reference = operator not in ("fully_connected", "fully_connected_int4", "total", "elu")
    resolver = OpResolverType.BUILTIN_REF if reference else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    found = []
    for inputs in steps:
        for detail, data in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], data)
        interpreter.invoke()
        found.append([interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()])
    return found


def record(operator, cases):
    """Run cases, a list of (.tflite bytes, inputs), write the operator's file and return its path."""
    arrays = {}
    for i, (model, inputs) in enumerate(cases):
        steps = inputs if isinstance(inputs[0], list) else [inputs]
        arrays[f"case{i:03}_model"] = np.frombuffer(model, np.uint8)
        ys_of = run_litert(model, steps, operator) if operator in LITERT_ONLY else run_tflm(model, steps)
        for side, found in (("x", steps), ("y", ys_of)):
            for k in range(len(found[0])):
                key, values = f"case{i:03}_{side}{k}", [step[k] for step in found]
                arrays |= {f"{key}_steps": np.stack(values)} if len(steps) > 1 else {key: values[0]}
    VECTORS.mkdir(exist_ok=True)
    path = VECTORS / f"{operator}.npz"
    np.savez_compressed(path, **arrays)
    return path


def recorded(path):
    """Yield (name, .tflite bytes, [(inputs, outputs) of every step]) of every case in a recorded file."""
    with np.load(path) as arrays:
        cases = {}
        for key in arrays:
            name, what, *steps = key.split("_")
            sides = cases.setdefault(name, ({}, {}))
            if what != "model":
                sides[what[0] == "y"][int(what[1:])] = arrays[key] if steps else arrays[key][None]
        for name, sides in sorted(cases.items()):
            xs, ys = ([side[k] for k in sorted(side)] for side in sides)
            in_order = [([x[i] for x in xs], [y[i] for y in ys]) for i in range(len(ys[0]))]
            yield name, arrays[f"{name}_model"].tobytes(), in_order


def litert_differences(path):
    """Return a sentence for every case of a recorded file that LiteRT computes otherwise."""
    found = []
    for name, model, steps in recorded(path):
        try:
            found_there = run_litert(model, [inputs for inputs, _ in steps], path.stem)
        except (RuntimeError, ValueError) as error:
            found.append(f"{path.stem} {name}: LiteRT refuses it: {error}")
            continue
        wanted = [y for _, outputs in steps for y in outputs]
        for want, got in zip(wanted, [y for outputs in found_there for y in outputs], strict=True):
            want, got = want.ravel(), got.ravel()
            differ = np.flatnonzero((want != got) & ((want == want) | (got == got)))  # NaN is NaN
            if len(differ):
                at = differ[0]
                found.append(f"{path.stem} {name}: {len(differ)} of {len(want)} values differ, the first at {at}: "
                             f"TFLM {want[at]}, LiteRT {got[at]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--litert", action="store_true", help="record nothing: compare the files with LiteRT")
    parser.add_argument("operators", nargs="*", help="all of them where none is named")
    args = parser.parse_args()
    if args.litert:
        for path in sorted(VECTORS.glob("*.npz")):
            if args.operators and path.stem not in args.operators:
                continue
            print("\n".join(litert_differences(path)) or f"{path.stem}: LiteRT computes the same")
        return
    from cases import OPERATORS, cases

    for operator in OPERATORS:
        if args.operators and operator.__name__ not in args.operators:
            continue
        path = record(operator.__name__, cases(operator))
        print(f"{path.name:24} {path.stat().st_size:7} bytes")


if __name__ == "__main__":
    main()
