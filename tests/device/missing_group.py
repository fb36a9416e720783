# Operators that came in no native module: the sentence names the module.

import _linnet
import linnet
from tiny import beyond, seal

if hasattr(_linnet, "GROUPS"):
    print("SKIP")  # this firmware has them all
    raise SystemExit
try:
    linnet.load(beyond())
except ValueError as error:
    print(error)

# A damaged blob is a damaged blob, whatever its header says.
blob = beyond()
blob[22] = 0x3E
for damaged in blob, blob[:16], blob[:23]:
    try:
        linnet.load(damaged)
    except ValueError as error:
        print(error)

# Nor would a module help a header that names none.
blob[22] = 0
try:
    linnet.load(seal(blob))
except ValueError as error:
    print(error)
