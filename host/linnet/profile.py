"""What a model costs on a core, without a board: run it bare in QEMU and count every executed instruction.

The runner (device/baremetal) is built once per core and cached. The counts are exact and repeat to the instruction.
"""

import bisect
import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from linnet import blob as blob_format
from linnet import core as host_core
from linnet.errors import LinnetError
from linnet.paths import build_dir, checkout

SEED = 1  # of the inputs, as in device/baremetal/runner.c


@dataclass(frozen=True)
class Core:
    """How to build for a core, and where QEMU's machine for it has memory."""

    name: str
    title: str
    flags: tuple
    machine: str
    rom: int
    ram: int
    ram_bytes: int
    blob: int
    toolchain: str = "arm-none-eabi"
    qemu: str = "qemu-system-arm"
    options: tuple = ()  # more for QEMU
    sources: tuple = ()  # more than all cores have, of device/
    uncounted: tuple = ()  # two symbols: between them lies what stands for an instruction that QEMU's core lacks

    def tool(self, name):
        """The command of a tool of its toolchain: the machine's own, or the one that `make natmod` unpacks."""
        command = f"{self.toolchain}-{name}"
        unpacked = build_dir() / "xtensa" / "bin" / command
        return str(unpacked) if unpacked.exists() else command


_MPS2 = dict(rom=0x0, ram=0x20000000, ram_bytes=0x400000, blob=0x200000)
_THUMB = ("-mthumb",)
CORES = {
    c.name: c
    for c in (
        # The AN385 holds a Cortex-M3, which runs the M0+'s instructions unchanged.
        Core("m0plus", "Cortex-M0+", _THUMB + ("-mcpu=cortex-m0plus",), "mps2-an385", **_MPS2),
        Core("m3", "Cortex-M3", _THUMB + ("-mcpu=cortex-m3",), "mps2-an385", **_MPS2),
        Core("m4", "Cortex-M4F", _THUMB + ("-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"), "mps2-an386", **_MPS2),
        Core("m7", "Cortex-M7", _THUMB + ("-mcpu=cortex-m7", "-mfpu=fpv5-d16", "-mfloat-abi=hard"), "mps2-an500", **_MPS2),
        Core("m33", "Cortex-M33", _THUMB + ("-mcpu=cortex-m33", "-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"), "mps2-an505",
             rom=0x10000000, ram=0x38000000, ram_bytes=0x80000, blob=0x10200000),
        Core("m55", "Cortex-M55", _THUMB + ("-mcpu=cortex-m55", "-mfloat-abi=hard"), "mps3-an547",
             rom=0x0, ram=0x20000000, ram_bytes=0x80000, blob=0x60000000),
        Core("rv32", "RV32IMC", ("-march=rv32imc", "-mabi=ilp32", "-misa-spec=2.2", "--specs=picolibc.specs"), "virt",
             rom=0x80000000, ram=0x80800000, ram_bytes=0x400000, blob=0x81000000,
             toolchain="riscv64-unknown-elf", qemu="qemu-system-riscv32", options=("-bios", "none", "-m", "64M")),
        # Code is entered at the core's own reset address, 0xfe000000 (device/baremetal/xtensa.S).
        Core("esp32", "ESP32 (Xtensa)",
             ("-nostdlib", "-Wl,-u,xtensa_reset", "-Wl,--no-relax", "-Wl,--section-start=.reset=0xfe000000"), "sim",
             rom=0x2000, ram=0x400000, ram_bytes=0x400000, blob=0x1000000, toolchain="xtensa-esp32-elf", qemu="qemu-system-xtensa",
             options=("-cpu", "de233_fpu", "-m", "64M"), uncounted=("xtensa_handler", "xtensa_handler_end"),
             sources=("natmod/float_divide.c",)),
    )
}  # fmt: skip


@dataclass
class Profile:
    core: Core
    total: int  # instructions of one inference
    operators: list  # instructions of each operator, dispatch included
    stack_bytes: int
    arena_bytes: int
    code_bytes: int  # of all functions that the inference entered
    outputs: list  # bytes
    counts: dict  # {address: times executed} of the one inference
    runner: Path
    path: Path | None = None  # of the blob


def profile_file(path, core_name):
    """profile() of a blob's file."""
    try:
        blob = Path(path).read_bytes()
    except OSError as error:
        raise LinnetError(f"{path}: {error.strerror}") from None
    profiled = profile(blob, core_name)
    profiled.path = Path(path)
    return profiled


def profile(blob, core_name):
    """Runs one inference of `blob` (bytes) on seeded inputs and returns its Profile.

    Raises LinnetError where the core is unknown, a tool is missing, the model does not fit, or the core's result differs
    from the host's.
    """
    core = CORES.get(core_name)
    if core is None:
        raise LinnetError(f'no core "{core_name}": there are {", ".join(CORES)}')
    parsed = blob_format.decode(blob)
    runner, mark, *uncounted = _build_runner(core)
    plugin = _build_plugin()
    with tempfile.TemporaryDirectory() as folder:
        model_file, counts_file = Path(folder, "model.linnet"), Path(folder, "counts")
        model_file.write_bytes(blob)
        command = [
            core.qemu, "-M", core.machine, "-nographic", "-monitor", "none", "-serial", "none",
            "-semihosting-config", "enable=on,target=native", "-kernel", str(runner),
            "-device", f"loader,file={model_file},addr={core.blob:#x},force-raw=on",
            "-plugin", ",".join([f"{plugin},mark={mark:#x},out={counts_file}", *map("skip={:#x}".format, uncounted)]),
            *core.options,
        ]  # fmt: skip
        done = call_tool(command, "qemu-system-arm" if core.qemu == "qemu-system-arm" else "qemu-system-misc", check=False)
        heard = done.stderr.splitlines()  # QEMU's semihosting writes there
        said = dict(line.split(" ", 1) for line in heard if " " in line)
        if done.returncode or "operators" not in said:
            why = said.get("error") or (heard or ["it ended early"])[-1]
            raise LinnetError(f"{core.title} under QEMU did not run the model: {why}")
        lines = [line.split() for line in counts_file.read_text().splitlines()]
    outputs = [bytes.fromhex(line.split()[1]) for line in heard if line.startswith("output ")]
    if outputs != host_core.seeded_outputs(blob, SEED):
        raise LinnetError(f"{core.title}: the outputs differ from the host's; this is a bug of Linnet's kernels")
    marks = [int(value) for tag, *rest in lines if tag == "M" for value in rest]
    spans = [b - a for a, b in zip(marks[::2], marks[1::2])]
    assert len(spans) == 1 + len(parsed.operators) - parsed.n_reset
    counts = {int(pc, 16): int(n) for tag, pc, *rest in lines if tag == "P" for n in rest}
    code_bytes = _code_bytes(core, runner, counts)
    return Profile(core, spans[0], spans[1:], int(said["stack"]), parsed.arena_bytes, code_bytes, outputs, counts, runner)


def _code_bytes(core, runner, counts):
    """Bytes of the functions that hold an executed address."""
    lines = call_tool([core.tool("nm"), "-S", "--defined-only", str(runner)], f"binutils-{core.toolchain}").stdout.splitlines()
    symbols = [line.split() for line in lines]
    functions = {int(f[0], 16) & ~1: int(f[1], 16) for f in symbols if len(f) == 4 and f[2] in "tTwW"}
    starts = sorted(functions)
    entered = {starts[bisect.bisect(starts, pc) - 1] for pc in counts if pc >= starts[0]}
    return sum(functions[start] for start in entered)


def _sources():
    root = checkout()
    if root is None:
        raise LinnetError("linnet profile needs the source checkout: it builds the kernels for the core")
    device = root / "device"
    return device, sorted([*device.glob("kernels/**/*.[chS]"), *device.glob("runtime/*.[ch]"), *device.glob("baremetal/*")])


def _build_runner(core):
    """Builds the runner for a core unless it is there; returns (ELF file, address of runner_mark, those of core.uncounted)."""
    device, sources = _sources()
    sources += [device / name for name in core.sources]
    key = hashlib.sha256(repr(core).encode() + b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    elf = build_dir() / "profile" / core.name / f"{key}.elf"
    if not elf.exists():
        elf.parent.mkdir(parents=True, exist_ok=True)
        for stale in elf.parent.glob("*.elf"):
            stale.unlink(missing_ok=True)
        compiled = [str(p) for p in sources if p.suffix in (".c", ".S") and p.name != "icount.c"]
        symbols = dict(rom_start=core.rom, ram_start=core.ram, ram_end=core.ram + core.ram_bytes, blob_start=core.blob)
        partial = elf.with_suffix(f".{os.getpid()}")  # another process may be building the same
        call_tool(
            [
                core.tool("gcc"), *core.flags, "-std=gnu99", "-O2", "-ffp-contract=off", "-ffreestanding", "-ffunction-sections",
                "-nostartfiles", "-Wl,--gc-sections", "-Wl,--build-id=none",
                "-T", str(device / "baremetal/machine.ld"), *(f"-Wl,--defsym,{k}={v:#x}" for k, v in symbols.items()),
                *compiled, "-o", str(partial),
            ],
            "gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
        )  # fmt: skip
        partial.rename(elf)
    lines = call_tool([core.tool("nm"), str(elf)], f"binutils-{core.toolchain}").stdout.splitlines()
    symbols = {fields[2]: int(fields[0], 16) & ~1 for fields in map(str.split, lines) if len(fields) == 3}
    return elf, *(symbols[name] for name in ("runner_mark", *core.uncounted))


def _build_plugin():
    source = _sources()[0] / "baremetal/icount.c"
    plugin = build_dir() / "profile" / f"libicount-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}.so"
    if not plugin.exists():
        plugin.parent.mkdir(parents=True, exist_ok=True)
        call_tool(["gcc", "-O2", "-shared", "-fPIC", "-o", str(plugin), str(source)], "gcc")
    return plugin


def call_tool(command, packages, check=True):
    """Runs a tool; where it is missing, says what to install."""
    if shutil.which(command[0]) is None:
        raise LinnetError(f"{command[0]} is not installed: apt-get install {packages}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise LinnetError(f"{command[0]} failed: {done.stderr.strip()[:2000]}")
    return done
