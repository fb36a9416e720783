"""How a board gets at a model's weights: from RAM, in place from its ROMFS partition, or through a window from a file."""

from dataclasses import dataclass

from linnet.errors import LinnetError
from linnet.model import Model
from linnet.window import check_window, tables_bytes


@dataclass(frozen=True)
class Way:
    """rom: in ROMFS; window: the bytes of a weight window (linnet.window); neither: the whole blob is read into RAM."""

    rom: bool = False
    window: int | None = None

    def __post_init__(self):
        if self.rom and self.window:
            raise LinnetError("--rom uses weights where they lie, --window reads them from a file: give one of them")

    @property
    def arguments(self):
        """What linnet.load() is given besides the path."""
        return f", window={self.window}" if self.window else ""

    def path(self, root, models, stem):
        """Of the model, on the board. root, models: the writable filesystem's, and the folder for models on it."""
        return f"/rom/{stem}.linnet" if self.rom else f"{root}{models}/{stem}.linnet"

    def buffers(self, data):
        """[bytes of each buffer that loading a blob (bytes) allocates on the board]."""
        blob = [] if self.rom else [tables_bytes(data), self.window] if self.window else [len(data)]
        return [*blob, Model(data).ram]

    def takes(self, data):
        """What loading takes, in words."""
        arena = Model(data).ram
        if self.rom:
            return f"its arena takes {arena} bytes of heap"
        if self.window:
            return f"its tables take {tables_bytes(data)} bytes of heap, its window {self.window}, its arena {arena}"
        return f"its blob takes {len(data)} bytes of heap, its arena {arena}"

    def remedy(self):
        """What else there is when that is too much."""
        if self.rom:
            return "use a smaller model or a board with more RAM"
        if self.window:
            return "use a smaller window or model, or a board with more RAM"
        return "keep its weights in flash (--rom) or read them through a window (--window 32768), or use a smaller model"

    def check(self, path):
        """Raises LinnetError unless the blob at `path` can be used in this way."""
        if self.window:
            check_window(Model(path).blob, self.window, path)
