"""`linnet quantize --report`: every layer's cost and histograms of the worst ones, as one page that needs nothing else."""

from html import escape

import numpy as np

from linnet.inspect_html import STYLE
from linnet.report_quantize import changes, db, short, summary, widened_line

N_PICTURES = 6
N_BINS = 64
MOST_DB = 60.0  # a full bar; more is as good as exact
POOR_DB, FAIR_DB = 15.0, 25.0  # below them a bar is red, or amber

MORE_STYLE = """
:root { --good: #3a8fb7; --fair: #d9952b; --poor: #c4473a; --real: #b9cdd8; }
@media (prefers-color-scheme: dark) { :root { --good: #4fa6cf; --fair: #d9a04a; --poor: #e0685b; --real: #35505f; } }
body { max-width: 1180px; }
h2 { margin: 34px 0 10px; font-size: 17px; font-weight: 650; }
.facts dd small.after { color: var(--ink); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(320px, 1fr)); gap: 16px; }
.card { border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px 8px; }
.card b { font-weight: 600; } .card .sub { font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
svg .good { fill: var(--good); } svg .fair { fill: var(--fair); } svg .poor { fill: var(--poor); }
svg .real { fill: var(--real); } svg .made { fill: none; stroke: var(--poor); stroke-width: 1.4; stroke-linejoin: round; }
td.layer { white-space: normal; word-break: break-word; text-align: left; line-height: 1.4; padding: 4px 10px; }
td.good { color: var(--good); } td.fair { color: var(--fair); } td.poor { color: var(--poor); font-weight: 650; }
details { margin: 18px 0; } summary { cursor: pointer; color: var(--soft); }
.key i { display: inline-block; width: 22px; height: 10px; margin: 0 6px 0 14px; }
"""


def page(result):
    """The page, a str, of a Result of linnet.quantizer."""
    worst = sorted(result.rows, key=lambda row: row.activations_db)
    name = escape(result.packed.blob.strings.get("name", "model"))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}: quantization – Linnet</title>
<style>{STYLE}{MORE_STYLE}</style>
</head>
<body>
<h1>{name}, quantized</h1>
<div class="sub">{"<br>".join(map(escape, summary(result)))}</div>
{_facts(result)}
<h2>Signal to noise along the model</h2>
<figure>{_along(result.rows)}<figcaption>One bar an operator, in the order in which they run: how far its output is from the float
model's, all errors before it included. 6 dB are one bit. Point at a bar for its layer.</figcaption></figure>
<h2>The worst layers</h2>
<p class="sub key">Values of the output:<i style="background: var(--real)"></i>of the float model
<i style="border-top: 2px solid var(--poor); height: 0; vertical-align: middle"></i>of the quantized one.
Heights are square roots of counts.</p>
<div class="pictures">{"".join(_card(row) for row in worst[:N_PICTURES])}</div>
{_wide(result.quantized.widened)}
<h2>Every layer, the worst first</h2>
<div class="wide"><table><thead><tr><th>#</th><th class=text>operator</th><th class=text>layer</th><th>weights</th><th>kept in</th><th>activations</th></tr></thead>
<tbody>{"".join(map(_table_row, worst))}</tbody></table></div>
{_tried(result.quantized)}
</body>
</html>
"""


def _facts(result):
    items = "".join(
        f"<div><dt>{escape(what)}</dt><dd>{escape(after)} <small>{escape(before)}</small></dd></div>"
        for what, before, after in changes(result)
    )
    return f'<dl class="facts">{items}</dl>'


def _along(rows):
    """Bars of every operator, the first at the left."""
    width, height, step = 1000, 150, 1000 / max(1, len(rows))
    marks = "".join(
        f'<line class="grid" x1="0" x2="{width}" y1="{height * (1 - at / MOST_DB):.1f}" y2="{height * (1 - at / MOST_DB):.1f}"/>'
        f'<text class="axis" x="{width + 6}" y="{height * (1 - at / MOST_DB) + 4:.1f}">{at} dB</text>'
        for at in (0, 20, 40, 60)
    )
    bars = "".join(
        f'<rect class="{_grade(row.activations_db)}" x="{i * step + step * 0.12:.1f}" y="{height * (1 - _share(row)):.1f}" '
        f'width="{step * 0.76:.1f}" height="{max(1.0, height * _share(row)):.1f}"><title>{row.index} {row.kind} '
        f"{escape(row.layer)}: {db(row.activations_db)}</title></rect>"
        for i, row in enumerate(rows)
    )
    return f'<svg viewBox="0 -8 {width + 50} {height + 16}">{marks}{bars}</svg>'


def _share(row):
    return min(max(row.activations_db, 0.0), MOST_DB) / MOST_DB


def _grade(decibel):
    return "poor" if decibel < POOR_DB else "fair" if decibel < FAIR_DB else "good"


def _card(row):
    return (
        f'<div class="card"><b>{row.index} {row.kind}</b>, {db(row.activations_db)}'
        f'<div class="sub" title="{escape(row.layer)}">{escape(short(row.layer))}</div>{_histogram(row)}</div>'
    )


def _histogram(row):
    """Float values as bars, quantized ones as a stepped line, over the same bins."""
    low, high = float(min(row.real.min(), row.quantized.min())), float(max(row.real.max(), row.quantized.max()))
    real, quantized = (np.histogram(values, N_BINS, (low, high + 1e-9))[0] for values in (row.real, row.quantized))
    top = max(1, real.max(), quantized.max())
    heights = [np.sqrt(counts / top) * 90 for counts in (real, quantized)]  # square roots: tails are what matters
    bars = "".join(f'<rect class="real" x="{5 * i}" y="{100 - h:.1f}" width="5" height="{h:.1f}"/>' for i, h in enumerate(heights[0]) if h)
    line = " ".join(f"{5 * x},{100 - h:.1f}" for i, h in enumerate(heights[1]) for x in (i, i + 1))
    ends = f'<text class="axis" x="0" y="114">{low:.3g}</text><text class="axis" x="{5 * N_BINS}" y="114" text-anchor="end">{high:.3g}</text>'
    return f'<svg viewBox="0 0 {5 * N_BINS} 118">{bars}<polyline class="made" points="{line}"/>{ends}</svg>'


def _table_row(row):
    first, *_ = row.layer.split(";")  # of the names that a converter has joined
    return (
        f'<tr><td>{row.index}</td><td class=text>{row.kind}</td><td class=layer title="{escape(row.layer)}">{escape(first)}</td>'
        f"<td>{db(row.weights_db)}</td><td>{escape(row.kept_in)}</td>"
        f"<td class={_grade(row.activations_db)}>{db(row.activations_db)}</td></tr>"
    )


def _wide(widened):
    if not widened:
        return ""
    lines = "".join(f"<li>{escape(widened_line(each))}</li>" for each in widened)
    return f"<h2>Activations in int16</h2><ul>{lines}</ul>"


def _tried(quantized):
    """What the search compared, folded away."""
    if len(quantized.tried) < 2:
        return ""
    keys = [key for key in quantized.choices if len({str(choices[key]) for choices, _ in quantized.tried}) > 1]
    head = "".join(f"<th class=text>{escape(key.replace('_', ' '))}</th>" for key in keys)
    rows = "".join(
        "<tr>" + "".join(f"<td class=text>{_word(choices[key])}</td>" for key in keys) + f"<td>{db(score)}</td></tr>"
        for choices, score in sorted(quantized.tried, key=lambda pair: -pair[1])
    )
    return (
        f"<details><summary>{len(quantized.tried)} ways were tried; the best ones on all samples, the others on some</summary>"
        f'<div class="wide"><table><thead><tr>{head}<th>outputs</th></tr></thead><tbody>{rows}</tbody></table></div></details>'
    )


def _word(value):
    return {True: "yes", False: "no"}.get(value, escape(str(value))) if isinstance(value, (bool, str)) else escape(str(value))
