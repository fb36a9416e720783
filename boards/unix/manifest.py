# Frozen into the unix boards.
freeze("$(MPY_LIB_DIR)", ("_boot.py", "os.py"))
