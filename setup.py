"""What a wheel carries beyond host/linnet: the C core, what boards get, and what is known of boards. `make wheel` builds one."""

import shutil
import sysconfig
from glob import glob
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

DEVICE = "build/natmod/*/*.mpy", "build/mpy/linnet/*.mpy"  # what `make natmod` builds


class BuildCore(build_ext):
    def run(self):
        # A checkout builds the core itself, anew whenever a source has changed: device/host.mk.
        if not self.editable_mode:
            super().run()

    # ctypes opens it: there is no PyInit__core to export, and any Python 3 may.
    def get_export_symbols(self, ext):
        return ext.export_symbols

    def get_ext_filename(self, fullname):
        return super().get_ext_filename(fullname).replace(sysconfig.get_config_var("EXT_SUFFIX"), EXTENSION_SUFFIXES[-1])


class BuildPackage(build_py):
    """Adds linnet/_device (host/linnet/payload.py, cli/stubs.py) and linnet/_boards (host/linnet/board.py)."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for pattern in DEVICE:
            files = sorted(glob(pattern))
            if not files:
                raise SystemExit(f"linnet: {pattern}: nothing is built for boards yet; run: make wheel")
            for path in files:
                self._copy(path, Path("_device", Path(path).relative_to("build")))
        for path in sorted(glob("device/typings/**/*.pyi", recursive=True)):
            self._copy(path, Path("_device", Path(path).relative_to("device")))
        for path in sorted(glob("boards/*/board.toml")):
            self._copy(path, Path("_boards", Path(path).relative_to("boards")))

    def _copy(self, path, to):
        target = Path(self.build_lib, "linnet", to)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


class Wheel(bdist_wheel):
    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(
    cmdclass={"build_ext": BuildCore, "build_py": BuildPackage, "bdist_wheel": Wheel},
    options={"build": {"build_base": "build/wheel"}},
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
