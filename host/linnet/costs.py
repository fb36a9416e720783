"""From counted instructions to estimated milliseconds: cycles per class of instruction, by core, with their sources.

Memory is taken to answer at once: flash without wait states, caches that always hit. It is an estimate and nothing more.
"""

import re
from collections import Counter
from dataclasses import dataclass

from linnet.errors import LinnetError
from linnet.profile import CORES, call_tool

# Cycles beyond the first, by event. An instruction may be several: LDM of four registers is one "multiple" and four
# times "register". What is not listed costs nothing more.
_M0PLUS = {"load": 1, "load_again": 1, "store": 1, "register": 1, "taken": 1, "call": 1}
_M3 = {"load": 1, "register": 1, "taken": 2, "divide": 7, "multiply_add": 1, "long_multiply": 3, "long_multiply_add": 4}
_M4 = {"load": 1, "register": 1, "taken": 2, "divide": 7}
_AS_M4 = "Arm publishes no timings of this core; the Cortex-M4's are taken"


@dataclass(frozen=True)
class Costs:
    """What a core's instructions take."""

    extra_cycles: dict  # {event: cycles beyond the first}
    source: str
    bound: str = "memory is taken never to wait, so a board takes longer"


COSTS = {
    # LDR, STR 2; LDM, STM, PUSH, POP 1 + N; a taken branch 2; BL, POP {PC} one more; MULS 1 (single-cycle multiplier).
    "m0plus": Costs(_M0PLUS, "Arm Cortex-M0+ TRM (DDI 0484), table 3-1"),
    # As the M4, but MLA 2, SMULL and UMULL 3 to 5, SMLAL and UMLAL 4 to 7.
    "m3": Costs(_M3, "Arm Cortex-M3 TRM (DDI 0337), table 3-1"),
    # LDR 2, 1 after another load; STR 1; LDM, STM, LDRD 1 + N; a taken branch 1 + P, P taken as 2 of 1 to 3; SDIV, UDIV 2
    # to 12, taken as 8; SIMD and all multiplications 1.
    "m4": Costs(_M4, "Arm Cortex-M4 TRM (100166), table 3-1"),
    "m7": Costs(_M4, _AS_M4, "two instructions can issue at once, which is left out: an upper bound when caches hit"),
    "m33": Costs(_M4, _AS_M4),
    # A vector instruction is four beats, two a cycle.
    "m55": Costs(
        {**_M4, "vector": 1},
        f"{_AS_M4}, and 2 cycles for a vector instruction (Armv8.1-M: four beats, two a cycle)",
        "vector instructions can overlap by a half, which is left out: an upper bound when caches hit",
    ),
    # Loads 1, 2 when the next instruction uses the value; jumps and taken branches 2; MUL, MULH 1; DIV, REM 18.
    "rv32": Costs(
        {"load_used": 1, "taken": 1, "divide": 17},
        "Hazard3's documentation, Instruction Cycle Counts, for a core of this class; Espressif publishes none",
    ),
    # Of a loop that counts down and branches 5 cycles are published, 2 of them for the instructions.
    "esp32": Costs(
        {"load_used": 1, "taken": 3},
        "loops measured on an ESP32 (pcm1723.hateblo.jp/entry/20180417/1523947500); Espressif publishes no timings",
        "stalls of multiply-accumulates, which the same page reports, and memory's waits are left out: a lower bound",
    ),
}


@dataclass(frozen=True)
class Published:
    """Published speeds, and the cycles that the same weights give for an engine with the same library of kernels."""

    board: str
    clock_hz: int
    per_second: dict  # {model: inferences a second}


# Cycles of TFLite Micro 2026-08-20 with CMSIS-NN on a Cortex-M4F, the M4's weights on its executed instructions.
PEER_CYCLES = {"KWS": 9.27e6, "IC": 36.8e6, "VWW": 29.4e6, "AD": 0.725e6}
# github.com/mlcommons/tiny_results_v1.0, closed/OctoML/results/microtvm_cmsis_nn: median throughput, performance mode.
PUBLISHED = {
    "m4": Published("NUCLEO-L4R5ZI", 120_000_000, {"KWS": 10.019, "IC": 2.567, "VWW": 3.320, "AD": 116.212}),
    "m33": Published("nRF5340-DK", 128_000_000, {"KWS": 13.143, "IC": 3.163, "VWW": 4.310, "AD": 159.579}),
}


@dataclass(frozen=True)
class Estimate:
    board: str
    clock_hz: int
    cycles: int
    latency_ms: float
    events: dict  # {event: how often in one inference}
    caveats: list  # sentences: what the figure rests on


@dataclass(frozen=True)
class Instruction:
    address: int
    word: int  # of a Thumb instruction the first halfword
    mnemonic: str
    operands: str


def core_of(board):
    """The core of CORES (a name) that a board has. Raises LinnetError when `linnet profile` has no such core."""
    for name in CORES:
        if board.core in (f"cortex-{name}", f"cortex-{name}f", f"{name}imc"):
            return name
    if board.core in ("xtensa-lx6", "xtensa-lx7"):
        return "esp32"
    raise LinnetError(f"{board.name} has a {board.core} core, which cannot be profiled: there are {', '.join(CORES)}")


def estimate(profiled, board):
    """The Estimate of a Profile on a board (linnet.board.Board) of the core that was profiled."""
    core = profiled.core.name
    happened = events(core, disassemble(profiled), profiled.counts)
    cycles = sum(profiled.counts.values())
    cycles += sum(happened[event] * extra for event, extra in COSTS[core].extra_cycles.items())
    latency_ms = 1e3 * cycles / board.clock_hz
    return Estimate(board.name, board.clock_hz, cycles, latency_ms, dict(sorted(happened.items())), caveats(core))


def caveats(core):
    """Sentences that say what an estimate for this core is worth."""
    costs, known = COSTS[core], PUBLISHED.get(core)
    made = [f"An estimate, not a measurement: {costs.source}; {costs.bound}."]
    if known is None:
        return [*made, "How far off it is is not known: there are no published figures for an engine that could be compared."]
    errors = [errors_percent(core)[model] for model in PEER_CYCLES]
    on = "on the same core" if core == "m4" else "on a Cortex-M4"
    how_far = (
        f"How far off: for TFLite Micro with CMSIS-NN {on} the same weights give {-max(errors):.0f} to {-min(errors):.0f} % fewer "
        f"cycles than MLPerf Tiny v1.0 publishes for microTVM with CMSIS-NN on a {known.board}: another engine, with that board's waits."
    )
    return [*made, how_far]


def errors_percent(core):
    """{model: by how many percent the estimated cycles exceed the published}; negative: too few."""
    known = PUBLISHED[core]
    return {model: 100 * (PEER_CYCLES[model] * known.per_second[model] / known.clock_hz - 1) for model in PEER_CYCLES}


# Classes of instructions ---------------------------------------------------------------------------------------

_CONDITION = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_ARM_ALWAYS = re.compile("b|bl|blx|bx|tbb|tbh")
_ARM_MAYBE = re.compile(f"b{_CONDITION}|bx{_CONDITION}|cbn?z")
_RISCV_ALWAYS = re.compile("j|jal|jr|jalr|ret")
_RISCV_MAYBE = re.compile("b(eq|ne|lt|ge|gt|le)u?z?")
_RISCV_LOAD = re.compile("l(b|h|w|bu|hu)")
_XTENSA_ALWAYS = re.compile("j|jx|ret|call0|callx0")
_XTENSA_MAYBE = re.compile("b(?!reak)[a-z]+[0-9]*")
_XTENSA_LOAD = re.compile("l(8ui|16ui|16si|32i|32r)")
_ARM_LOAD = re.compile("v?ldr(?!d)")
_MULTIPLE = re.compile("ldm|stm|push|pop|ldrd|strd|vldm|vstm|vpush|vpop")
_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f]+)[0-9a-f ]*\t(\S+)\s*(.*)")


def disassemble(profiled):
    """Every Instruction of the runner, in order."""
    text = call_tool([profiled.core.tool("objdump"), "-d", str(profiled.runner)], f"binutils-{profiled.core.toolchain}").stdout
    found = (_LINE.match(line) for line in text.splitlines())
    return [
        Instruction(int(m[1], 16), int(m[2][:4], 16), re.sub(r"\.[nw]$", "", m[3]), m[4].split("\t")[0].split("@")[0].strip())
        for m in found
        if m
    ]


def events(core, listing, counts):
    """A Counter of the events of COSTS: listing of Instructions, counts {address: times executed}."""
    happened = Counter()
    classify = {"rv32": _riscv_events, "esp32": _xtensa_events}.get(core, _arm_events)
    taken = _taken(core, listing, counts)
    for index, instruction in enumerate(listing):
        n = counts.get(instruction.address, 0)
        if not n:
            continue
        before = listing[index - 1] if index else None
        after = listing[index + 1] if index + 1 < len(listing) else None
        for event, times in classify(instruction, before, after).items():
            happened[event] += n * times
        if core == "m55" and instruction.word & 0xEC00 == 0xEC00:
            happened["vector"] += n
        happened["taken"] += taken.get(index, 0)
    return happened


def _arm_events(instruction, before, _after):
    name, operands = instruction.mnemonic, instruction.operands
    if _MULTIPLE.match(name):
        listed = re.search(r"\{(.*)\}", operands)
        return {"register": len(listed[1].split(",")) if listed else 2, "call": int("pc" in operands)}
    if _ARM_LOAD.match(name):
        return {"load_again" if before is not None and _ARM_LOAD.match(before.mnemonic) else "load": 1}
    if name.startswith(("str", "vstr")):
        return {"store": 1}
    if name in ("bl", "blx"):
        return {"call": 1}
    if name.startswith(("sdiv", "udiv", "vdiv")):
        return {"divide": 1}
    if name in ("mla", "mls"):
        return {"multiply_add": 1}
    if name in ("smull", "umull", "smlal", "umlal"):
        return {"long_multiply_add" if name.endswith("lal") else "long_multiply": 1}
    return {}


def _riscv_events(instruction, _before, after):
    name = instruction.mnemonic
    if _RISCV_LOAD.fullmatch(name):
        to = instruction.operands.split(",")[0]
        read = re.split(r"[,()]", after.operands) if after else []
        used = to in (read if after and after.mnemonic.startswith(("b", "j")) else read[1:])
        return {"load_used" if used else "load": 1}
    if name.startswith(("div", "rem")):
        return {"divide": 1}
    return {"store": 1} if name in ("sb", "sh", "sw") else {}


def _xtensa_events(instruction, _before, after):
    if not _XTENSA_LOAD.fullmatch(instruction.mnemonic):
        return {}
    to, *_ = instruction.operands.split(",")
    return {"load_used" if after and to in re.findall("a[0-9]+", after.operands) else "load": 1}


def _taken(core, listing, counts):
    """{index in listing: times that the branch there was taken}.

    A branch that is not taken shows in the count of the instruction after it, unless others jump there; then the count at
    its target tells, if only this one jumps there. Where neither does the least is taken: at most 2 % of all executed
    instructions were such branches (visual wake words on RV32; 0.5 % on Arm).
    """
    patterns = {"rv32": (_RISCV_ALWAYS, _RISCV_MAYBE), "esp32": (_XTENSA_ALWAYS, _XTENSA_MAYBE)}
    always, maybe = patterns.get(core, (_ARM_ALWAYS, _ARM_MAYBE))
    index_at = {instruction.address: index for index, instruction in enumerate(listing)}
    target, sources = {}, Counter()
    for index, instruction in enumerate(listing):
        found = re.search(r"([0-9a-f]+) <", instruction.operands)
        if found and (always.fullmatch(instruction.mnemonic) or maybe.fullmatch(instruction.mnemonic)):
            target[index] = index_at.get(int(found[1], 16))
            sources[target[index]] += 1

    def count(index):
        return counts.get(listing[index].address, 0) if index < len(listing) else 0

    taken = {}
    for index, instruction in enumerate(listing):
        n = count(index)
        if always.fullmatch(instruction.mnemonic) or (_MULTIPLE.match(instruction.mnemonic) and "pc" in instruction.operands):
            taken[index] = n
        elif maybe.fullmatch(instruction.mnemonic):
            at = target.get(index)
            missing = n - count(index + 1)
            if sources[index + 1] and at and sources[at] == 1 and not maybe.fullmatch(listing[at - 1].mnemonic):
                falls = not always.fullmatch(listing[at - 1].mnemonic) or listing[at - 1].mnemonic in ("bl", "blx")
                missing = count(at) - (count(at - 1) if falls else 0)
            taken[index] = min(n, max(0, missing))
    return taken
