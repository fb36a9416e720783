"""A PyTorch module as a Graph, through PyTorch's own ONNX exporter."""

import io
import logging
import warnings

from linnet.errors import LinnetError
from linnet.importers.onnx import read_onnx

INSTALL = "PyTorch's export needs torch, onnx and onnxscript: pip install linnet[torch]"


def read_torch(module, example, name="model"):
    """The Graph, channel last, of an nn.Module in evaluation mode.

    example: a tensor, or a tuple of them, as the module takes them; the batch, their first axis, becomes 1.
    LinnetError for what PyTorch cannot export and for operators that Linnet does not run.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401  the exporter imports it when it runs
        import torch
    except ImportError:
        raise LinnetError(INSTALL) from None
    example = example if isinstance(example, tuple) else (example,)
    example = tuple(tensor[:1] for tensor in example)
    training = module.training
    module.eval()
    written = io.BytesIO()
    log = logging.getLogger("torch.onnx")
    level = log.level
    try:
        log.setLevel(logging.ERROR)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            program = torch.onnx.export(module, example, dynamo=True, verbose=False)
            program.save(written)
    except Exception as error:  # whatever the exporter meets in a user's module
        raise LinnetError(f"PyTorch cannot export {type(module).__name__}: {str(error).strip().splitlines()[0]}") from None
    finally:
        log.setLevel(level)
        module.train(training)
    return read_onnx(onnx.load_from_string(written.getvalue()), name)
