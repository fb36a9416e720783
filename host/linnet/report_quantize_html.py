"""`linnet quantize --report`: every layer's cost and histograms of the worst ones, as one page that needs nothing else."""

from html import escape

import numpy as np

from linnet.report_quantize import db, short, summary

N_PICTURES = 6
N_BINS = 64
PAGE = """<!doctype html>
<meta charset="utf-8">
<title>{name}: quantization</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .2rem .6rem; border-bottom: 1px solid #ddd; word-break: break-all; }}
.n {{ text-align: right; white-space: nowrap; }}
.pictures {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(18rem, 1fr)); gap: 1rem; }}
figure {{ margin: 0; }} figcaption {{ font-size: 13px; }}
svg {{ width: 100%; font-size: 9px; }} rect {{ fill: #9bc; }} polyline {{ fill: none; stroke: #c40; stroke-width: 1; }}
</style>
<h1>{name}</h1>
{summary}
<h2>The worst layers</h2>
<p>Bars: the float model's values; line: the quantized model's. Heights are square roots of counts.</p>
<div class="pictures">{pictures}</div>
<h2>Every layer</h2>
<table><tr><th>#</th><th>operator</th><th>layer</th><th class=n>weights</th><th class=n>activations</th></tr>{rows}</table>
"""


def page(result):
    """A page that needs nothing else: the whole table, and histograms of the worst layers."""
    worst = sorted(result.rows, key=lambda row: row.activations_db)
    rows = "".join(
        f"<tr><td>{row.index}</td><td>{row.kind}</td><td>{escape(row.layer)}</td>"
        f"<td class=n>{db(row.weights_db)}</td><td class=n>{db(row.activations_db)}</td></tr>"
        for row in worst
    )
    pictures = "".join(
        f"<figure><figcaption>{row.index} {row.kind} {escape(short(row.layer))}, {db(row.activations_db)}</figcaption>"
        f"{_histogram(row)}</figure>"
        for row in worst[:N_PICTURES]
    )
    lines = "".join(f"<p>{escape(line)}</p>" for line in summary(result))
    name = escape(result.packed.blob.strings.get("name", "model"))
    return PAGE.format(name=name, summary=lines, pictures=pictures, rows=rows)


def _histogram(row):
    """Float values as bars, quantized ones as a line, over the same bins."""
    low, high = float(min(row.real.min(), row.quantized.min())), float(max(row.real.max(), row.quantized.max()))
    real, quantized = (np.histogram(values, N_BINS, (low, high + 1e-9))[0] for values in (row.real, row.quantized))
    top = max(1, real.max(), quantized.max())
    heights = [np.sqrt(counts / top) * 90 for counts in (real, quantized)]  # square roots: tails are what matters
    bars = "".join(f'<rect x="{4 * i}" y="{100 - h:.1f}" width="3" height="{h:.1f}"/>' for i, h in enumerate(heights[0]))
    line = " ".join(f"{4 * i + 1.5},{100 - h:.1f}" for i, h in enumerate(heights[1]))
    ends = f'<text x="0" y="112">{low:.3g}</text><text x="{4 * N_BINS}" y="112" text-anchor="end">{high:.3g}</text>'
    return f'<svg viewBox="0 0 {4 * N_BINS} 116">{bars}<polyline points="{line}"/>{ends}</svg>'
