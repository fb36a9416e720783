#!/usr/bin/env python3
"""Records what onnxruntime computes for the models of qdq_models.py: qdq_onnxruntime.npz.

    PYTHON_WITH_ONNX_AND_ONNXRUNTIME tests/importers/record_qdq.py
"""

from pathlib import Path

import numpy as np
import onnxruntime
from qdq_models import MODELS, build


def main():
    recorded = {"version": np.array(onnxruntime.__version__)}
    options = onnxruntime.SessionOptions()
    # As the file says: fused kernels round otherwise here and there.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for name in MODELS:
        for dtype in ("int8", "uint8"):
            model, samples = build(name, dtype)
            session = onnxruntime.InferenceSession(model.SerializeToString(), options)
            recorded[f"{name}-{dtype}"] = np.stack([session.run(None, {"x": x[None]})[0] for x in samples])
    np.savez_compressed(Path(__file__).with_name("qdq_onnxruntime.npz"), **recorded)


if __name__ == "__main__":
    main()
