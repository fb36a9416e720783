"""Models as part of a firmware: C source that puts blobs into flash, and the MicroPython module that hands them to linnet.load()."""

import keyword
from pathlib import Path

from linnet.errors import LinnetError
from linnet.model import Model

BYTES_PER_LINE = 24

SOURCE = """\
// The MicroPython module {module}: models in flash, used where they lie. Made by linnet freeze.
//
//     import linnet
//     model = linnet.load("{first}")

#include "py/objarray.h"
#include "py/runtime.h"

{arrays}
static const mp_rom_map_elem_t {module}_globals_table[] = {{
    {{ MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_{module}) }},
{rows}
}};
static MP_DEFINE_CONST_DICT({module}_globals, {module}_globals_table);

const mp_obj_module_t {module}_module = {{
    .base = {{ &mp_type_module }},
    .globals = (mp_obj_dict_t *)&{module}_globals,
}};
MP_REGISTER_MODULE(MP_QSTR_{module}, {module}_module);
"""

ARRAY = """\
// {title}
static const uint8_t {name}_blob[{n}] __attribute__((aligned(16))) = {{
{lines}
}};
static const mp_obj_array_t {name}_view = {{ {{ &mp_type_memoryview }}, 'B', 0, sizeof({name}_blob), (void *)(uintptr_t){name}_blob }};
"""

ROW = "    {{ MP_ROM_QSTR(MP_QSTR_{name}), MP_ROM_PTR(&{name}_view) }},"

MAKE = """\
# A user C module of MicroPython: make ... USER_C_MODULES=<the folder that holds this one>
SRC_USERMOD_C += $(USERMOD_DIR)/{module}.c
"""

CMAKE = """\
# A user C module of MicroPython, for ports built with CMake (rp2, esp32): include() this file from your list of modules.
add_library(usermod_{module} INTERFACE)
target_sources(usermod_{module} INTERFACE ${{CMAKE_CURRENT_LIST_DIR}}/{module}.c)
target_link_libraries(usermod INTERFACE usermod_{module})
"""


def source(models, module="linnet_models"):
    """The text of a C file, for the SRC_USERMOD_C of a firmware build.

    models: {name: bytes of a blob}; module: what it is imported as. linnet.load(name) finds the models of a module called
    linnet_models by itself; of any other, linnet.load(module.name) takes them. Raises LinnetError for names that C or Python
    do not take, and for blobs that are not sound.
    """
    for name in [module, *models]:
        if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
            raise LinnetError(f'"{name}" is no name for a variable; take letters, digits and _')
    arrays = []
    for name, data in models.items():
        opened = Model(data)
        hexed = [f"0x{byte:02x}," for byte in data]
        lines = ["    " + " ".join(hexed[i : i + BYTES_PER_LINE]) for i in range(0, len(hexed), BYTES_PER_LINE)]
        title = f"{opened.len} bytes, {opened.ram} bytes of RAM, {opened.n_operators} operators"
        arrays.append(ARRAY.format(title=title, name=name, n=len(data), lines="\n".join(lines)))
    rows = "\n".join(ROW.format(name=name) for name in models)
    return SOURCE.format(module=module, first=next(iter(models)), arrays="\n".join(arrays), rows=rows)


def freeze(paths, output):
    """Writes blobs (paths) into a firmware's source. Returns the files that were written.

    output: NAME.c, or a folder, which becomes a user C module: NAME.c, micropython.mk and micropython.cmake. NAME is the
    module's. Models are called as their files, - and spaces becoming _. Raises LinnetError.
    """
    output = Path(output)
    models = {}
    for path in map(Path, paths):
        name = path.stem.replace("-", "_").replace(" ", "_")
        if name in models:
            raise LinnetError(f"{path}: another model is called {name} as well; rename one of the files")
        Model(path)
        models[name] = path.read_bytes()
    module = output.stem
    files = {output: source(models, module)}
    if output.suffix != ".c":
        made = {f"{module}.c": source(models, module), "micropython.mk": MAKE, "micropython.cmake": CMAKE}
        files = {output / name: text if name.endswith(".c") else text.format(module=module) for name, text in made.items()}
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    except OSError as error:
        raise LinnetError(f"{path}: {error.strerror}") from None
    return list(files)
