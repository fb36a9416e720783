"""What `linnet profile` shows: a row an operator, then the totals."""

import json
from dataclasses import asdict

from rich.table import Table

from linnet.inspect import describe
from linnet.report import console, n_bytes


def rows(profiled):
    """A dict per operator: index, name, output shape, macs, instructions, per_mac (None without MACs), share of the total."""
    made = []
    operators = describe(profiled.path)["operators"]
    inference = operators[len(operators) - len(profiled.operators) :]  # without what gives variables their first values
    for operator, instructions in zip(inference, profiled.operators):
        macs = operator["macs"]
        made.append(
            {
                "index": operator["index"],
                "name": operator["name"],
                "output": operator["outputs"][0],
                "macs": macs,
                "instructions": instructions,
                "per_mac": instructions / macs if macs else None,
                "share": instructions / sum(profiled.operators),
            }
        )
    return made


def print_profile(profiled, estimate=None):
    """estimate: a costs.Estimate, when milliseconds are wanted."""
    out = console()
    table = Table(title=f"{profiled.path.name} on {profiled.core.title}: instructions, counted in QEMU", title_justify="left")
    for heading, justify in (("", "right"), ("operator", "left"), ("output", "left"), ("MACs", "right"), ("instructions", "right"),
                             ("per MAC", "right"), ("share", "right")):  # fmt: skip
        table.add_column(heading, justify=justify)
    for row in rows(profiled):
        per_mac = f"{row['per_mac']:.2f}" if row["per_mac"] else ""
        shape = "×".join(str(size) for size in row["output"])
        table.add_row(
            str(row["index"]), row["name"], shape, n_bytes(row["macs"]) if row["macs"] else "", n_bytes(row["instructions"]),
            per_mac, f"{100 * row['share']:.1f} %",
        )  # fmt: skip
    macs = sum(row["macs"] for row in rows(profiled))
    table.add_section()
    table.add_row("", "one inference", "", n_bytes(macs), n_bytes(profiled.total), f"{profiled.total / macs:.2f}" if macs else "", "")
    out.print(table)
    out.print(
        f"RAM: arena {n_bytes(profiled.arena_bytes)} bytes, stack {n_bytes(profiled.stack_bytes)}. "
        f"Code of the operators used: {n_bytes(profiled.code_bytes)} bytes. The outputs equal the host's."
    )
    if estimate:
        out.print(
            f"{estimate.board} at {estimate.clock_hz / 1e6:g} MHz: about {estimate.latency_ms:.3g} ms, {n_bytes(estimate.cycles)} cycles. "
            + " ".join(estimate.caveats)
        )


def print_json(profiled, estimate=None):
    print(
        json.dumps(
            {
                "model": str(profiled.path),
                "core": profiled.core.name,
                "instructions": profiled.total,
                "arena_bytes": profiled.arena_bytes,
                "stack_bytes": profiled.stack_bytes,
                "code_bytes": profiled.code_bytes,
                "operators": rows(profiled),
                **({"estimate": asdict(estimate)} if estimate else {}),
            },
            indent=1,
        )
    )
