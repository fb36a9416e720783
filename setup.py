"""The C core as linnet._core: the sources that boards run, as a shared library that host/linnet/core.py opens."""

from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildCore(build_ext):
    def run(self):
        # A checkout builds the core itself, anew whenever a source has changed: device/host.mk.
        if not self.editable_mode:
            super().run()

    def get_export_symbols(self, ext):
        # ctypes opens it: there is no PyInit__core to export.
        return ext.export_symbols


setup(
    cmdclass={"build_ext": BuildCore},
    ext_modules=[
        Extension(
            "linnet._core",
            # As device/host.mk has them.
            sources=sorted(glob("device/kernels/**/*.c", recursive=True) + glob("device/runtime/*.c")),
            depends=sorted(glob("device/kernels/**/*.h", recursive=True) + glob("device/runtime/*.h")),
            define_macros=[("LINNET_ALL_CORES", None)],
            extra_compile_args=["-O2", "-std=c99", "-ffp-contract=off"],
        )
    ],
)
