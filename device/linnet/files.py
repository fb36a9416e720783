"""Model files: where they are looked for, and how they get into memory, or stay in flash."""

import gc
import os

FOLDERS = ("/rom/", "/models/", "/flash/models/", "models/", "")


def find(name):
    """The path of model `name`: "kws", "kws.linnet" or "kws.tflite", whose blob is meant, in FOLDERS, "lib/kws" just there.

    Where a deploy was cut off just as the new file was to get its name, the one before it is there as <path>.old.
    """
    if name.endswith(".tflite"):
        name = name[:-7]
    if "." not in name.split("/")[-1]:
        name += ".linnet"
    folders = ("",) if "/" in name else FOLDERS
    for folder in folders:
        for path in (folder + name, folder + name + ".old"):
            try:
                os.stat(path)
                return path
            except OSError:
                pass
    places = ", ".join(folder or "the current folder" for folder in folders)
    raise OSError(2, name if len(folders) == 1 else "%s: not in %s" % (name, places))


def frozen(name):
    """The blob of model `name` in the firmware's module linnet_models (linnet freeze), None where there is none."""
    try:
        import linnet_models

        return getattr(linnet_models, name, None)
    except ImportError:
        return None


def bring(name, window):
    """(blob, where it is, what else _linnet.Model takes) of model `name`: a file's, or else the firmware's."""
    try:
        path = find(name)
    except OSError:
        blob = frozen(name)
        if blob is None:
            raise
        return blob, name, ()
    if window:
        from .window import tables

        blob, rest = tables(path, window)
        return blob, path, rest
    return read(path), path, ()


def in_place(file):
    """The bytes of an open file where they lie in flash if the filesystem is ROMFS, else None."""
    try:
        blob = memoryview(file)
        from uctypes import addressof

        if addressof(blob) % 4 == 0:
            return blob
    except TypeError:
        pass
    return None


def read(path):
    """The file's bytes: where they lie in flash, else read into RAM, once."""
    with open(path, "rb") as file:
        blob = in_place(file)
        if blob is not None:
            return blob
        n_bytes = file.seek(0, 2)
        file.seek(0)
        blob = allocate(n_bytes, path)
        if file.readinto(blob) != n_bytes:
            raise OSError(5, path)
        return blob


def labels_beside(path):
    """The lines of the text file with the model's name beside it, as OpenMV has it; [] without one."""
    path = path[:-4] if path.endswith(".old") else path
    try:
        with open(path[: path.rindex(".")] + ".txt") as file:
            return [line.strip() for line in file if line.strip()]
    except (OSError, ValueError):
        return []


def allocate(n_bytes, what):
    """A bytearray; MemoryError says what for, how much and what is free. Bytearrays lie at multiples of 16."""
    gc.collect()
    try:
        return bytearray(n_bytes)
    except MemoryError:
        raise MemoryError("%s: %d bytes wanted, %d free" % (what, n_bytes, gc.mem_free()))
