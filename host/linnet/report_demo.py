"""What `linnet demo` shows: each input as a picture, with what the board made of it."""

import numpy as np
from rich.text import Text

from linnet import report
from linnet.report_deploy import print_deployed

HALVES = " ▄▀█"  # a character holds two pixels: lower, upper
BAR = 20


def print_packed(demo, packed, path):
    out = report.console()
    out.rule(demo.title)
    report.print_packed(packed, demo.model.name, path.name)
    out.print()


class Results:
    """Prints each result as it comes in; counts them."""

    def __init__(self, demo):
        self.demo = demo
        self.n = self.right = self.us = 0
        self.out = report.console()

    def deployed(self, deployed):
        print_deployed(deployed)
        self.out.print()

    def result(self, sample, wanted, record):
        """sample: the input; wanted: its label; record: {label, score, us} from the board."""
        self.n += 1
        self.us += record["us"]
        right = record["label"] == wanted
        self.right += right
        bar = "█" * round(BAR * record["score"])
        said = Text.assemble(
            (f"{record['label']:>8}", "bold green" if right else "bold red"),
            f"  {record['score']:.2f} {bar:{BAR}} {record['us'] / 1000:7.1f} ms  ",
            "" if right else f"wanted {wanted}",
        )
        lines = picture(sample)
        if len(lines) > 1:
            self.out.print()
        middle = len(lines) // 2
        for i, line in enumerate(lines):
            self.out.print(Text(line) + said if i == middle else line, markup=False, no_wrap=True)

    def print_summary(self):
        if self.n:
            self.out.print(f"\n{self.right} of {self.n} right, {self.us / self.n / 1000:.1f} ms each on the board\n")


def picture(sample):
    """Lines of text that show an input (h, w, 1); one empty line for anything that is not a small picture."""
    image = np.squeeze(sample)
    if image.ndim != 2 or image.shape[0] > 16 or image.shape[1] > 32:
        return [""]
    dark = image > (int(image.min()) + int(image.max())) // 2
    dark = np.pad(dark, ((0, dark.shape[0] % 2), (0, 0)))
    return ["  " + "".join(HALVES[2 * upper + lower] * 2 for upper, lower in zip(*rows)) for rows in zip(dark[::2], dark[1::2])]
