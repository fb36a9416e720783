"""Linnet on a board, for editors and type checkers: `linnet stubs` puts these files beside a project."""

from array import array
from typing import Any, Callable, Sequence

Buffer = Any  # bytes, bytearray, array, memoryview, a ulab ndarray, an OpenMV image
Outputs = list[array]

__version__: str

def load(path_or_buffer: str | Buffer, arena: bytearray | None = None, window: int | None = None, cores: int = 1) -> Model:
    """Open a model: "kws", a path, or the blob itself, used in place.

    arena: a buffer of at least the model's `ram` bytes, which models that take turns may share. window: bytes through which
    weights are read from the file. cores: 2 for a blob packed with --cores 2. Raises OSError, ValueError, MemoryError.
    """

class Model:
    """An open model. Shapes are NHWC, dtypes array's letters; a tuple has one entry per input or output."""

    name: str
    labels: list[str]
    len: int
    ram: int
    arena: bytearray
    n_operators: int
    input_shape: tuple[tuple[int, ...], ...]
    input_dtype: tuple[str, ...]
    input_scale: tuple[float, ...]
    input_zero_point: tuple[int, ...]
    output_shape: tuple[tuple[int, ...], ...]
    output_dtype: tuple[str, ...]
    output_scale: tuple[float, ...]
    output_zero_point: tuple[int, ...]
    postprocess: Callable[[Model, list, Outputs], Any] | None
    run: Callable[[Buffer | Sequence[Buffer], Buffer | Sequence[Buffer]], None]
    """run(x, y): one inference from buffer x to buffer y, nothing allocated."""

    def __init__(
        self,
        path_or_buffer: str | Buffer,
        arena: bytearray | None = None,
        window: int | None = None,
        load_to_fb: bool = False,
        postprocess: Callable[[Model, list, Outputs], Any] | None = None,
        cores: int = 1,
    ) -> None: ...
    def predict(
        self,
        inputs: Sequence[Any],
        real: bool | None = None,
        callback: Callable[[Model, list, Outputs], Any] | None = None,
    ) -> Any:
        """[x, ...], one per input -> [y, ...], one array per output; or what the post-processor makes of them."""

    def invoke(self) -> None:
        """One inference on what lies in the arena."""

    def reset(self) -> None:
        """Gives the variables of a model that has some their first values."""

    def classify(self, x: Buffer) -> tuple[str | int, float]:
        """The label (or index) of the largest element of output 0, and its real value."""

    def selftest(self) -> int:
        """Replay the golden vectors; their number. ValueError at the first element that differs."""

    def profile(self, inputs: Sequence[Any] | None = None) -> list[tuple[str, int]]:
        """[(operator, microseconds), ...] of one inference."""

    def peek(self, operator: int, inputs: Sequence[Any] | None = None) -> array:
        """A copy of what an operator gives."""
