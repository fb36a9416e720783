"""Linnet on the host: import, pack and run models; the same Model as on a board."""

from importlib import import_module

__version__ = "0.1.0"

# Name: the module it lives in, imported on first use: `linnet --help` needs neither NumPy nor the core.
_EXPORTS = {"load": "model", "Model": "model", "LinnetError": "errors", "pack": "packer", "quantize": "quantizer",
            "from_onnx": "importers", "from_torch": "importers", "from_sklearn": "importers"}
__all__ = sorted(_EXPORTS)


def __getattr__(name):
    if name not in _EXPORTS:
        raise AttributeError(f"module 'linnet' has no attribute '{name}'")
    return getattr(import_module(f".{_EXPORTS[name]}", __name__), name)
