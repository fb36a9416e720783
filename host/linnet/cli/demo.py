"""linnet demo: see all of it work."""

import rich_click as click


@click.command(epilog="example: linnet demo --board qemu-m7", short_help="watch a model being packed, deployed and run")
@click.option("--board", metavar="NAME", help="where to run it: linnet boards [default: the one plugged in, else an emulated one]")
@click.option("--port", metavar="PORT", help="the serial port the board is at")
@click.option("-n", "--samples", type=click.IntRange(1, 300), default=12, show_default=True, help="inputs to classify")
def command(board, port, samples):
    """watch a model being packed, deployed and run

    Handwritten digits, and spoken keywords where their model is there: packed on the host, installed on the board through
    mpremote, proved there by golden vectors, and fed with held-out inputs whose results stream back.
    """
    from .. import demo, report_demo, report_deploy
    from ..payload import tuned_core
    from ..probe import probe
    from ..target import connect

    with connect(board, port) as connection:
        core = tuned_core(probe(connection))
        for each in demo.demos():
            blob, packed = demo.pack_demo(each, core)
            report_demo.print_packed(each, packed, blob)
            shown = report_demo.Results(each)
            with report_deploy.upload_progress() as progress:
                demo.run_demo(connection, each, blob, samples, shown.deployed, shown.result, progress)
            shown.print_summary()
