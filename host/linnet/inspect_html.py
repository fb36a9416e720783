"""`linnet inspect --html`: the operators and the memory plan side by side, as one page that needs nothing else.

Time goes down, a row an operator, as in the table; the arena goes across. The picture is as wide as the window allows:
its places are percentages.
"""

from html import escape
from pathlib import Path

from linnet.errors import LinnetError

ROW = 28  # pixels; rows of the table and of the picture are equally high
HUES = 8  # of STYLE's colours, in turn
SCRATCH = "s"
N_TICKS = 5

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1c2126; --soft: #68727d; --line: #e3e6e8; --band: #f3f5f6;
  --accent: #0b6e99; --bar: #cfe3ec; --peak: #b3261e; --scratch: #c9ced3; --scratch-edge: #868f98;
  --l: 84%; --s: 52%; --edge-l: 42%; --halo: #ffffffb0; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181b; --ink: #e4e8eb; --soft: #98a2ab; --line: #2b3136;
  --band: #1c2024; --accent: #64b5d9; --bar: #1f4152; --peak: #ff8a80; --scratch: #434a51; --scratch-edge: #8b959e;
  --l: 29%; --s: 38%; --edge-l: 62%; --halo: #000000a0; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1500px; padding: 32px 28px 48px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
h1 { margin: 0; font-size: 26px; font-weight: 650; letter-spacing: -0.01em; }
.sub, figcaption, footer { color: var(--soft); }
.facts { display: flex; flex-wrap: wrap; gap: 10px 40px; margin: 22px 0 26px; padding: 0; }
.facts dt { color: var(--soft); font-size: 12px; }
.facts dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts .break { flex-basis: 100%; height: 0; }
.facts dd small { font-size: 13px; font-weight: 400; color: var(--soft); }
figure { margin: 0; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-variant-numeric: tabular-nums; }
th, td { height: 28px; padding: 0 10px; white-space: nowrap; text-align: right; line-height: 27px; }
th { color: var(--soft); font-weight: 500; font-size: 12px; border-bottom: 1px solid var(--line); }
td.text, th.text { text-align: left; }
td.outside, td.none { color: var(--soft); }
tbody tr:nth-child(even) td:not(.plan) { background: var(--band); }
tbody tr:hover td:not(.plan) { background: var(--bar); }
tfoot td { border-top: 1px solid var(--line); font-weight: 600; }
td.share { background-image: linear-gradient(var(--bar), var(--bar)) !important; background-repeat: no-repeat !important;
  background-size: calc(var(--w) - 6px) 20px !important; background-position: right 4px center !important; }
td.peak { color: var(--peak); font-weight: 650; }
td.plan, th.plan { width: 52%; min-width: 340px; padding: 0 14px 0 18px; border-left: 1px solid var(--line); vertical-align: top; }
svg { display: block; width: 100%; overflow: visible; font: 11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
svg .rows { fill: var(--band); }
svg .grid { stroke: var(--line); }
svg .axis { fill: var(--soft); }
svg text { fill: var(--ink); pointer-events: none; }
svg text.label { font-weight: 600; paint-order: stroke; stroke: var(--halo); stroke-width: 3px; stroke-linejoin: round; }
svg g.item rect { fill: hsl(var(--h) var(--s) var(--l)); stroke: hsl(var(--h) 45% var(--edge-l)); }
svg g.item.scratch rect { fill: var(--scratch); stroke: var(--scratch-edge); stroke-dasharray: 3 2; }
svg g.item:hover rect { stroke-width: 2.5; stroke-dasharray: none; }
svg .shared { pointer-events: none; }
svg .shared path { stroke: hsl(var(--h) var(--s) var(--edge-l)); stroke-width: 1.5; opacity: 0.45; }
svg .shared rect { stroke: none; }
figcaption { margin: 12px 2px 0; max-width: 76em; }
footer { margin-top: 26px; font-size: 12px; }
"""


def write(described, path):
    """Writes the page for what inspect.describe() tells. Raises LinnetError where the file cannot be written."""
    try:
        Path(path).write_text(page(described), encoding="utf-8")
    except OSError as error:
        raise LinnetError(f"{path}: {error.strerror}") from None


def page(d):
    """The page, a str."""
    name = escape(d.get("name") or Path(d["file"]).stem)
    about = [f"format {d['format']}"] + [escape(d[key]) for key in ("source", "producer") if d.get(key)]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} – Linnet</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{name}</h1>
<div class="sub">{" · ".join(about)}</div>
{_facts(d)}
<figure>
<div class="wide">
{_table(d)}
</div>
<figcaption>Right: the arena, byte 0 at the left, while each operator runs. A box is a tensor, numbered after the operator that
makes it, from there to the last operator that reads it; dashed boxes are scratch. Stripes: an output that takes the place of an
input which is no longer needed. Point at a box for its bytes and its lifetime.</figcaption>
</figure>
{_foot(d)}
</body>
</html>
"""


def _n(count):
    return f"{count:,}"


def _shape(shape):
    return "×".join(str(size) for size in shape) or "scalar"


def _facts(d):
    peak = max((row["live_bytes"] for row in d["operators"]), default=0)
    facts = [
        ("RAM", f"{_n(d['arena_bytes'])} <small>bytes</small>"),
        ("Flash", f"{_n(d['bytes'])} <small>bytes</small>"),
        ("Multiply-accumulates", _n(d["macs"])),
        ("Operators", f"{_n(len(d['operators']))}"),
        ("Most alive at once", f"{_n(peak)} <small>bytes</small>"),
        ("Laid out for", escape(d["core"] or "?")),
    ]
    tensors = []
    for side in ("inputs", "outputs"):
        for number, tensor in enumerate(d[side]):
            heading = side[:-1].capitalize() + (f" {number}" if len(d[side]) > 1 else "")
            tensors.append((heading, f"{_shape(tensor['shape'])} <small>{_type(tensor)}</small>"))
    rows = ["\n".join(f"<div><dt>{heading}</dt><dd>{value}</dd></div>" for heading, value in row) for row in (facts, tensors)]
    return f'<dl class="facts">\n{rows[0]}\n<div class="break"></div>\n{rows[1]}\n</dl>'


def _type(tensor):
    if not tensor["scale"]:
        return tensor["dtype"]
    return f"{tensor['dtype']}, scale {tensor['scale']:.6g}, zero point {tensor['zero_point']}"


def _foot(d):
    parts = ["Flash: " + ", ".join(f"{name} {_n(size)}" for name, size in d["sections"].items())]
    parts.append(f"{d['golden_vectors']} golden vectors")
    if d["labels"]:
        parts.append("labels: " + escape(", ".join(d["labels"])))
    return f"<footer>{' · '.join(parts)}</footer>"


# The table -----------------------------------------------------------------------------------------------------


def _table(d):
    operators = d["operators"]
    head = [("#", ""), ("operator", "text"), ("window", "text"), ("output", "text"), ("MACs", ""), ("constants", ""),
            ("scratch", ""), ("live", "")]  # fmt: skip
    cells = "".join(f'<th class="{kind}">{heading}</th>' for heading, kind in head)
    plan = f'<td class="plan" rowspan="{len(operators) + 2}">{_picture(d)}</td>'
    body = [_outside(d["inputs"], "model input", plan), *(_row(row, d) for row in operators), _outside(d["outputs"], "model output")]
    totals = (sum(row[key] for row in operators) for key in ("macs", "data_bytes"))
    most = (max((row[key] for row in operators), default=0) for key in ("scratch_bytes", "live_bytes"))
    foot = "".join(f"<td>{_n(number)}</td>" for number in (*totals, *most))
    return f"""<table>
<thead><tr>{cells}<th class="plan">{_axis(d["arena_bytes"])}</th></tr></thead>
<tbody>
{chr(10).join(body)}
</tbody>
<tfoot><tr><td></td><td class="text" colspan="3">total, of scratch and live the most</td>{foot}<td class="plan"></td></tr></tfoot>
</table>"""


def _outside(tensors, heading, plan=""):
    shapes = ", ".join(_shape(tensor["shape"]) for tensor in tensors)
    return f'<tr><td></td><td class="text outside" colspan="2">{heading}</td><td class="text outside" colspan="5">{shapes}</td>{plan}</tr>'


def _row(row, d):
    share = 100 * row["macs"] / max(1, d["macs"])
    width = 100 * row["macs"] / max(1, *(other["macs"] for other in d["operators"]))
    most = max(other["live_bytes"] for other in d["operators"])
    peak = ' class="peak"' if row["live_bytes"] == most else ""
    macs = f'<td class="share" style="--w:{width:.2f}%" title="{share:.1f} % of all">{_n(row["macs"])}</td>' if row["macs"] else _number(0)
    return (
        f'<tr><td class="none">{row["index"]}</td><td class="text">{escape(row["name"])}</td><td class="text">{_window(row["params"])}</td>'
        f'<td class="text">{_shape(row["outputs"][0])}</td>{macs}{_number(row["data_bytes"])}{_number(row["scratch_bytes"])}'
        f"<td{peak}>{_n(row['live_bytes'])}</td></tr>"
    )


def _number(count):
    return f"<td>{_n(count)}</td>" if count else '<td class="none">–</td>'


def _window(params):
    """ "3×3 / 2": the kernel of a convolution or pool, and its stride unless that is 1."""
    if "kernel_h" not in params:
        return ""
    stride = {params["stride_h"], params["stride_w"]}
    text = f"{params['kernel_h']}×{params['kernel_w']}"
    if stride != {1}:
        text += f" / {stride.pop()}" if len(stride) == 1 else f" / {params['stride_h']}×{params['stride_w']}"
    return text


# The picture ---------------------------------------------------------------------------------------------------


def _marks(arena):
    """Round numbers of bytes, and the arena's end."""
    steps = (digit * 10**power for power in range(10) for digit in (1, 2, 5))
    step = next(step for step in steps if arena / step <= N_TICKS)
    return [at for at in range(0, arena, step) if arena - at > step / 2] + [arena]


def _axis(arena):
    """Bytes along the top."""
    text = "".join(
        f'<text class="axis" x="{100 * at / max(1, arena):.2f}%" y="18" text-anchor="{_anchor(at, arena)}">{_n(at)}</text>'
        for at in _marks(arena)
    )
    return f'<svg height="{ROW - 1}" role="presentation">{text}</svg>'


def _anchor(at, arena):
    return "start" if at == 0 else "end" if at == arena else "middle"


def _picture(d):
    n, arena = len(d["operators"]), max(1, d["arena_bytes"])
    bands = "".join(f'<rect class="rows" x="0" y="{y * ROW}" width="100%" height="{ROW}"/>' for y in range(1, n + 2, 2))
    places = [f"{100 * at / arena:.2f}%" for at in _marks(arena)]
    lines = "".join(f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{(n + 2) * ROW}"/>' for x in places)
    # The longest first, so that what lies over it can be pointed at.
    items = sorted(d["memory"], key=lambda item: (item["first"] - item["last"], item["label"] == SCRATCH))
    boxes = "\n".join(_box(item, d, arena) for item in items)
    shared = "\n".join(filter(None, (_shared(early, late, arena) for early in d["memory"] for late in d["memory"])))
    texts = "\n".join(_label(item, arena) for item in items)
    hatches = "".join(
        f'<pattern id="h{hue}" width="7" height="7" patternUnits="userSpaceOnUse" class="shared" style="--h:{_degrees(hue)}">'
        f'<path d="M-1,1 l2,-2 M0,7 l7,-7 M6,8 l2,-2"/></pattern>'
        for hue in range(HUES)
    )
    return (
        f'<svg height="{(n + 2) * ROW}" role="img" aria-label="memory plan"><defs>{hatches}</defs>\n'
        f"{bands}{lines}\n{boxes}\n{shared}\n{texts}\n</svg>"
    )


def _degrees(hue):
    return (200 + 360 * hue * 3 // HUES) % 360


def _hue(item):
    """A colour a tensor, in turn; the model's inputs have the last."""
    return int(item["label"]) % HUES if item["label"].isdigit() else HUES - 1


def _place(item, first, last, arena, start, end):
    """Attributes of the rectangle over rows first ... last (-1: the model's inputs) and bytes start ... end."""
    y, height = (first + 1) * ROW + 2, (last - first + 1) * ROW - 4
    return f'x="{100 * start / arena:.3f}%" y="{y}" width="{100 * (end - start) / arena:.3f}%" height="{height}"'


def _box(item, d, arena):
    place = _place(item, item["first"], item["last"], arena, item["offset"], item["offset"] + item["bytes"])
    kind = "item scratch" if item["label"] == SCRATCH else "item"
    return f'<g class="{kind}" style="--h:{_degrees(_hue(item))}"><title>{escape(tooltip(item, d))}</title><rect {place} rx="3"/></g>'


def tooltip(item, d):
    """Name, bytes and lifetime of an item of inspect.memory()."""
    operators, end = d["operators"], item["offset"] + item["bytes"] - 1
    names = [f"{row['index']} {row['name']}" for row in operators]
    if item["label"] == SCRATCH:
        name, life = f"scratch of {names[item['first']]}", "only while it runs"
    else:
        made = item["first"] >= 0
        name = f"output of {names[item['first']]}, {_shape(operators[item['first']]['outputs'][0])}" if made else "model input"
        last = names[item["last"]] if item["last"] < len(operators) else "the end"
        life = f"from {names[item['first']] if made else 'the start'} to {last}"
    return f"{name}\n{_n(item['bytes'])} bytes: {_n(item['offset'])} … {_n(end)}\n{life}"


def _shared(early, late, arena):
    """Stripes where `late`, made at the last operator that reads `early`, takes its place."""
    start = max(early["offset"], late["offset"])
    end = min(early["offset"] + early["bytes"], late["offset"] + late["bytes"])
    follows = early["first"] < late["first"] == early["last"]
    if not follows or SCRATCH in (early["label"], late["label"]) or start >= end:
        return ""
    return f'<rect class="shared" {_place(late, late["first"], late["first"], arena, start, end)} fill="url(#h{_hue(early)})"/>'


def _label(item, arena):
    """The label at the start of the box, where there is room for it."""
    if item["bytes"] / arena < 0.03:
        return ""
    y = (item["first"] + 1) * ROW + 18
    text = "scratch" if item["label"] == SCRATCH and item["bytes"] / arena > 0.1 else item["label"]
    return f'<text class="label" x="{100 * item["offset"] / arena:.3f}%" y="{y}" dx="6">{escape(text)}</text>'
