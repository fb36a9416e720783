"""linnet inspect: what is in a blob."""

from pathlib import Path

import rich_click as click


@click.command(epilog="example: linnet inspect kws.linnet --hex", short_help="show what is in a blob")
@click.argument("blob", type=click.Path(path_type=Path), metavar="OUT.linnet")
@click.option("--hex", "as_hex", is_flag=True, help="every field with its offset and bytes")
@click.option("--json", "as_json", is_flag=True, help="everything but the weights, as JSON")
@click.option("--html", "html", type=click.Path(path_type=Path), metavar="OUT.html", help="a page: the memory plan and the operators")
def command(blob, as_hex, as_json, html):
    """show what is in a blob

    Operators with their shapes, sizes and multiply-accumulates (MACs), inputs and outputs, and how the arena is used over
    time.
    """
    import json

    from linnet import inspect
    from linnet import report

    if as_json:
        print(json.dumps(inspect.describe(blob), indent=2))
    elif as_hex:
        print(inspect.dump_text(inspect.dump(blob)), end="")
    elif html:
        from linnet import inspect_html

        inspect_html.write(inspect.describe(blob), html)
        print(f"{blob} -> {html}")
    else:
        report.print_blob(inspect.describe(blob))
