"""Estimated cycles: instructions are classed as the cores' manuals do, and branches are counted as taken or not."""

import pytest

from linnet import costs
from linnet.board import all_boards, load_board
from linnet.costs import Instruction
from linnet.errors import LinnetError


def listing(text, start=0x100, step=2):
    """Instructions of a text: one a line, "mnemonic operands"; label operands as objdump writes them."""
    lines = [line.strip() for line in text.strip().splitlines()]
    split = (line.partition(" ") for line in lines)
    return [Instruction(start + step * i, 0, name, operands) for i, (name, _, operands) in enumerate(split)]


def cycles(core, lines, counts):
    happened = costs.events(core, lines, counts)
    return sum(counts.values()) + sum(happened[event] * extra for event, extra in costs.COSTS[core].extra_cycles.items())


def once(lines):
    return {line.address: 1 for line in lines}


@pytest.mark.parametrize(
    "core, text, expected",
    [
        ("m4", "adds r0, r0, #1", 1),
        ("m4", "ldr r0, [r1]", 2),
        ("m4", "ldr r0, [r1]\nldrb r2, [r1]", 3),  # loads one after the other overlap
        ("m4", "ldr r0, [r1]\nadds r0, #1\nldr r2, [r1]", 5),
        ("m4", "strh r0, [r1]", 1),
        ("m4", "ldmia r1!, {r0, r2, r3, r4}", 5),
        ("m4", "ldrd r0, r1, [r2]", 3),
        ("m4", "strd r0, r1, [r2]", 3),
        ("m4", "smlad r0, r1, r2, r3", 1),
        ("m4", "sdiv r0, r1, r2", 8),
        ("m4", "b 200 <f>", 3),
        ("m4", "pop {r4, pc}", 5),
        ("m0plus", "ldr r0, [r1]\nldr r2, [r1]", 4),
        ("m0plus", "str r0, [r1]", 2),
        ("m0plus", "muls r0, r1", 1),
        ("m0plus", "b 200 <f>", 2),
        ("m0plus", "bx lr", 2),
        ("m0plus", "bl 200 <f>", 3),
        ("m0plus", "pop {r4, r5, pc}", 6),
        ("m0plus", "push {r4, r5, lr}", 4),
        ("m3", "mla r0, r1, r2, r3", 2),
        ("m3", "smull r0, r1, r2, r3", 4),
        ("rv32", "lw a0,0(a1)\nadd a2,a2,a3", 2),
        ("rv32", "lw a0,0(a1)\nadd a2,a0,a3", 3),
        ("rv32", "lw a0,0(a1)\nadd a0,a2,a3", 2),  # written, not read
        ("rv32", "lw a0,0(a1)\nsw a0,4(a1)", 2),  # a store wants it a stage later
        ("rv32", "lw a0,0(a1)\nlw a2,0(a0)", 3),
        ("rv32", "mulh a0,a1,a2", 1),
        ("rv32", "divu a0,a1,a2", 18),
        ("rv32", "ret", 2),
    ],
)
def test_cycles_of_an_instruction(core, text, expected):
    lines = listing(text)
    assert cycles(core, lines, once(lines)) == expected


def test_vector_instructions_take_two_cycles_on_m55_only():
    lines = [Instruction(0x100, 0xEE31, "cdp", "")]
    assert cycles("m55", lines, once(lines)) == 2
    assert cycles("m4", lines, once(lines)) == 1
    lines = [Instruction(0x100, 0xF00F, "le", "lr, 100 <f>")]
    assert cycles("m55", lines, once(lines)) == 1


def test_a_loop_branch_is_taken_all_but_once():
    lines = listing("movs r0, #9\nsubs r0, #1\nbne 102 <f+0x2>\nnop")
    counts = {0x100: 1, 0x102: 9, 0x104: 9, 0x106: 1}
    assert costs.events("m4", lines, counts)["taken"] == 8


def test_a_branch_whose_next_instruction_others_reach_is_counted_at_its_target():
    # 100: beq 106 | 102: the target of 108 | 104: b 10a | 106: reached by 100 only | 108: b 102
    lines = listing("beq 106 <f>\nnop\nb 10a <f>\nnop\nb 102 <f>\nnop")
    counts = {0x100: 10, 0x102: 10, 0x104: 10, 0x106: 4, 0x108: 4, 0x10A: 10}
    assert costs.events("m4", lines, counts)["taken"] == 4 + 10 + 4


def test_instructions_that_were_not_executed_cost_nothing():
    lines = listing("ldr r0, [r1]\nbl 200 <f>\nsdiv r0, r1, r2")
    assert not +costs.events("m4", lines, {})


def test_every_core_that_can_be_profiled_has_costs_with_their_source():
    assert set(costs.COSTS) == set(costs.CORES)
    for core, known in costs.COSTS.items():
        assert known.source and known.bound
        sentences = costs.caveats(core)
        assert sentences[0].startswith("An estimate, not a measurement") and sentences[1].startswith("How far off")


def test_the_distance_to_published_figures_is_said():
    errors = costs.errors_percent("m4")
    # KWS: 9.27 million cycles against 120 MHz / 10.019 a second.
    assert errors["KWS"] == pytest.approx(-22.6, abs=0.05)
    assert all(-31 < error < -18 for error in errors.values())
    assert "19 to 30 % fewer" in costs.caveats("m4")[1] and "another engine" in costs.caveats("m4")[1]
    assert "1 to 10 % fewer" in costs.caveats("m33")[1]


def test_boards_name_their_core():
    assert costs.core_of(load_board("RPI_PICO")) == "m0plus"
    assert costs.core_of(load_board("qemu-m4f")) == "m4"
    assert costs.core_of(load_board("ESP32_GENERIC_C3")) == "rv32"
    assert costs.core_of(load_board("ESP32_GENERIC_S3")) == "esp32"
    for board in all_boards().values():
        if board.core == "x64":
            with pytest.raises(LinnetError, match=f"{board.name} has a x64 core, which cannot be profiled"):
                costs.core_of(board)
        else:
            assert costs.core_of(board) in costs.COSTS
