# Frozen into the emulated Pico: the port's own modules and asyncio. What the port takes from micropython-lib is left out.
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
