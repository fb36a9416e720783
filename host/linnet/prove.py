"""Proves on the board that a model runs there: golden vectors, times, RAM."""

import json

PROVE = """
import gc, json, linnet
from time import ticks_us, ticks_diff
gc.collect()
t = ticks_us()
model = linnet.load({path!r}{arguments})
load_us = ticks_diff(ticks_us(), t)
golden = model.selftest() if {selftest} else None
t = ticks_us()
model.invoke()
run_us = ticks_diff(ticks_us(), t)
gc.collect()
print(json.dumps([load_us, run_us, model.ram, gc.mem_free(), golden]))
"""


def prove(connection, on_board, selftest=True, arguments=""):
    """(load_us, inference_us, ram_bytes, free_heap_bytes, n_golden or None) of the model at path on_board.

    arguments: what linnet.load is given besides the path (linnet.way). Raises BoardError where it does not load there or gives other results than the host's.
    """
    connection.soft_reset()
    text = connection.exec(PROVE.format(path=on_board, selftest=selftest, arguments=arguments), timeout_s=600).decode().strip()
    return json.loads(text.splitlines()[-1])
