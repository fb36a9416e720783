"""What `linnet fit` shows: a row a board, or one board in detail."""

import json

from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table

from linnet.report import console, n_bytes

HOW = {
    "heap": "all of it in the heap",
    "rom": "weights in place in ROMFS",
    "window": "weights read through a window",
    "firmware": "built into the firmware",
}

OPTIONS = {"heap": "", "rom": " --rom", "window": " --window {}"}  # of linnet deploy


def progress(found, total):
    """The items of an iterable, with a bar on stderr where someone looks."""
    bar = Console(stderr=True)
    return track(found, "packing and timing", total, console=bar, transient=True) if bar.is_terminal else found


def print_fits(model, found):
    """A row for each Fit."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading, justify in (("board", "left"), ("fits", "left"), ("heap wanted", "right"), ("of", "right"), ("estimated", "right")):
        table.add_column(heading, justify=justify, no_wrap=heading != "fits")
    for fit in found:
        way = fit.way or _nearest(fit)
        wanted = n_bytes(way.heap_bytes) if way else ""
        table.add_row(fit.board.name, _verdict(fit), wanted, n_bytes(fit.board.heap_bytes), _time(fit))
    out = console()
    out.print(f"{model.name} on {len(found)} boards, described with their stock firmware")
    out.print(table)
    out.print("Times are estimates for a core that never waits for memory; linnet fit MODEL --board NAME says more.")


def print_fit(model, fit):
    """One Fit: the ways, what each takes, and what is missing."""
    out = console()
    board = fit.board
    if fit.problem:
        out.print(f"{board.name}: {fit.problem}")
        return
    laid_out = f"laid out for {fit.core}" + (f" ({fit.layout})" if fit.layout else "")
    out.print(f"{model.name} on {board.name}: {_verdict(fit)}")
    out.print(f"blob {n_bytes(fit.blob_bytes)} bytes, {laid_out}; arena {n_bytes(fit.arena_bytes)} bytes, variables included")
    out.print(f"native modules: {', '.join(fit.modules) if fit.modules else 'none: Linnet is in the firmware'}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    names = list(dict.fromkeys(piece for way in fit.ways for piece in way.pieces))
    table.add_column("bytes")
    for way in fit.ways:
        table.add_column(HOW[way.name], justify="right")
    for name in names:
        table.add_row(name, *(n_bytes(way.pieces[name]) if name in way.pieces else "" for way in fit.ways))
    table.add_section()
    table.add_row(f"heap, of {n_bytes(board.heap_bytes)}", *(n_bytes(way.heap_bytes) for way in fit.ways))
    table.add_row(f"files, of {n_bytes(board.flash_bytes)}", *(n_bytes(way.flash_bytes) if way.flash_bytes else "" for way in fit.ways))
    if board.romfs:
        there = f", of {n_bytes(board.romfs_bytes)}" if board.romfs_bytes else ""
        table.add_row(f"ROMFS{there}", *(n_bytes(way.rom_bytes) if way.rom_bytes else "" for way in fit.ways))
    table.add_row("", *("fits" if way.fits else _missing(way) for way in fit.ways))
    out.print(table)
    if board.heap_segments:
        out.print(f"The heap comes in pieces of {' and '.join(map(n_bytes, board.heap_segments))} bytes; nothing may straddle two.")
    if fit.remedy:
        out.print(f"What to do: {fit.remedy}.")
    elif fit.way.name in OPTIONS:
        out.print(f"To put it there: linnet deploy {model} --board {board.name}{OPTIONS[fit.way.name].format(fit.window_bytes)}", soft_wrap=True)
    if fit.latency_ms is not None:
        out.print(f"An inference: about {_time(fit)}. {fit.latency_note}")
        if fit.way and fit.way.name == "window":
            out.print(f"Through a window it takes longer: {n_bytes(fit.blob_bytes)} bytes are read from flash in every inference.")
    elif fit.latency_note:
        out.print(fit.latency_note)


def print_json(model, found):
    print(json.dumps({"model": str(model), "boards": [_as_dict(fit) for fit in found]}, indent=1))


def _as_dict(fit):
    made = {
        "board": fit.board.name, "fits": fit.fits, "way": fit.way.name if fit.way else None, "problem": fit.problem or None,
        "remedy": fit.remedy or None, "core": fit.core or None, "layout": fit.layout or None, "heap_bytes": fit.board.heap_bytes,
        "heap_segment_bytes": fit.board.heap_segment_bytes, "blob_bytes": fit.blob_bytes, "arena_bytes": fit.arena_bytes,
        "least_window_bytes": fit.least_window_bytes, "modules": list(fit.modules),
        "estimated_ms": fit.latency_ms, "estimate": fit.latency_note or None,
    }  # fmt: skip
    made["ways"] = {
        way.name: {
            "fits": way.fits, "heap_bytes": way.heap_bytes, "pieces": way.pieces, "flash_bytes": way.flash_bytes,
            "rom_bytes": way.rom_bytes, "missing_bytes": way.missing_bytes, "missing": way.missing_what or None,
        }
        for way in fit.ways
    }  # fmt: skip
    return made


def _verdict(fit):
    if fit.problem:
        return f"no: {fit.problem}"
    if fit.way:
        window = f" of {n_bytes(fit.window_bytes)} bytes" if fit.way.name == "window" else ""
        return f"yes: {HOW[fit.way.name]}{window}"
    return f"no: {_missing(_nearest(fit))}"


def _nearest(fit):
    """Of the ways that do not fit, the one that lacks least."""
    ways = [way for way in fit.ways if way.name != "firmware"]
    return min(ways, key=lambda way: way.missing_bytes) if ways else None


def _missing(way):
    return f"{n_bytes(way.missing_bytes)} bytes of {way.missing_what} are missing"


def _time(fit):
    if fit.latency_ms is None:
        return ""
    return f"{fit.latency_ms:.0f} ms" if fit.latency_ms >= 100 else f"{fit.latency_ms:.2g} ms"
