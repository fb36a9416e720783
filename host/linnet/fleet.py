"""One thing done with several boards: one that fails does not keep the others from it."""

from linnet.errors import LinnetError
from linnet.target import plugged_in
from linnet.transport import Connection


def every_port():
    """The ports of all boards that are plugged in. Raises LinnetError where there is none."""
    ports = [port for port, _ in plugged_in()]
    if not ports:
        raise LinnetError("no board is plugged in: plug one in, or name ports with --port")
    return ports


def on_each(ports, work):
    """Yields (port, what work(connection) returned, None), or (port, None, LinnetError) where it failed."""
    for port in ports:
        try:
            with Connection(port) as connection:
                done = work(connection)
        except LinnetError as error:
            yield port, None, error
        else:
            yield port, done, None
