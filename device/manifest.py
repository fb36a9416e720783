# Freezes the Python package into a firmware that has Linnet as a user C module: FROZEN_MANIFEST=<this file>,
# or include() it from the board's own manifest.

package("linnet", opt=3)
