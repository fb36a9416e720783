# A stand-in for ulab (micropython-ulab.readthedocs.io), as far as Linnet uses it: see numpy.py.
