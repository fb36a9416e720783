"""The findings of `linnet doctor` as lines, while they come in."""

import json
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

SIGNS = {"ok": "[green]✓[/]", "note": "[yellow]·[/]", "wrong": "[red]✗[/]"}


def print_findings(findings, as_json=False):
    """Prints Findings (an iterable) and returns how many are wrong."""
    if as_json:
        found = list(findings)
        print(json.dumps([asdict(finding) for finding in found], indent=2))
        return _n_wrong(found)
    console, found = Console(highlight=False), []
    for finding in findings:
        if not found or found[-1].area != finding.area:
            console.print(f"[bold]{escape(finding.area)}[/]")
        remedy = f"\n    [dim]→[/] {escape(finding.remedy)}" if finding.remedy else ""
        console.print(f"  {SIGNS[finding.state]} {escape(finding.what)}{remedy}", soft_wrap=True)
        found.append(finding)
    wrong = _n_wrong(found)
    console.print(f"\n{wrong} thing{'s' if wrong > 1 else ''} to mend" if wrong else "\nall is well")
    return wrong


def _n_wrong(found):
    return sum(finding.state == "wrong" for finding in found)
