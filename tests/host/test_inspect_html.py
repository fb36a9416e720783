"""The page of `linnet inspect --html`: sound HTML, whole without the network, with every tensor at its place."""

import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from linnet import inspect, inspect_html
from linnet.cli import linnet
from linnet.errors import LinnetError
from linnet.packer import pack

VOID = {"meta"}


class Page(HTMLParser):
    """Every opened tag must be closed, the innermost first; `titles` are the tooltips, `tags` all tags with attributes."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.titles = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-2:] == ["g", "title"]:
            self.titles.append(data)


@pytest.fixture
def blob(digits, tmp_path):
    path = tmp_path / "digits.linnet"
    path.write_bytes(pack(digits / "digits.tflite", digits / "labels.txt", name="<digits> & co", n_golden=1))
    return path


@pytest.fixture
def described(blob):
    return inspect.describe(blob)


def test_nothing_is_fetched(described):
    text = inspect_html.page(described)
    assert not re.search(r"https?:|//|src=|@import|url\((?!#h)", text)
    assert all(tag not in ("link", "script", "img", "iframe") for tag, _ in Page(text).tags)


def test_names_are_escaped(described):
    text = inspect_html.page(described)
    assert "<h1>&lt;digits&gt; &amp; co</h1>" in text and "<digits>" not in text


def test_every_item_has_its_box_and_tooltip(described):
    page, arena = Page(inspect_html.page(described)), described["arena_bytes"]
    assert sorted(page.titles) == sorted(inspect_html.tooltip(item, described) for item in described["memory"])
    boxes = {(a["x"], a["width"], a["y"]) for tag, a in page.tags if tag == "rect" and a.get("rx")}
    for item in described["memory"]:
        x, width = (f"{100 * item[key] / arena:.3f}%" for key in ("offset", "bytes"))
        assert (x, width, str(inspect_html.ROW * (item["first"] + 1) + 2)) in boxes


def test_tooltip_says_name_bytes_and_lifetime(described):
    first = next(item for item in described["memory"] if item["label"] == "0")
    assert re.fullmatch(
        r"output of 0 CONV_2D, 1×8×8×\d+\n[\d,]+ bytes: [\d,]+ … [\d,]+\nfrom 0 CONV_2D to \d+ \w+",
        inspect_html.tooltip(first, described),
    )


def test_rows_of_table_and_picture_line_up(described):
    text = inspect_html.page(described)
    rows = len(described["operators"]) + 2
    assert text.split("<tbody>")[1].split("</tbody>")[0].count("<tr>") == rows
    assert f'rowspan="{rows}"' in text and f'<svg height="{rows * inspect_html.ROW}"' in text


def test_command(blob, tmp_path):
    out = tmp_path / "out.html"
    done = CliRunner().invoke(linnet, ["inspect", str(blob), "--html", str(out)])
    assert done.exit_code == 0 and out.name in done.output
    Page(out.read_text(encoding="utf-8"))


def test_a_file_that_cannot_be_written(described, tmp_path):
    with pytest.raises(LinnetError, match="No such file or directory"):
        inspect_html.write(described, tmp_path / "nowhere" / "out.html")
