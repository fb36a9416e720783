// vfs.rom_ioctl: a ROMFS partition of EMU_ROM_BYTES that is mapped into memory, as flash is, and kept in the host's file
// `rom.img`. As flash it is erased block by block and written by clearing bits. A board without EMU_ROM_BYTES has none.

#include <string.h>

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "emu.h"

#define BLOCK_BYTES (4096)
#define IOCTL_BLOCK_SIZE (6) // as mpremote asks for it; MicroPython 1.25 has no name for it

static uint8_t rom[EMU_ROM_BYTES] __attribute__((aligned(16)));
static uint32_t rom_file;
static bool rom_is_loaded; // cleared at a reset, as is what was loaded

static const mp_obj_array_t rom_obj = { { &mp_type_memoryview }, 'B', 0, EMU_ROM_BYTES, rom };

static bool save(uint32_t offset, uint32_t n_bytes) {
    return emu_file_seek(rom_file, offset) && emu_file_write(rom_file, rom + offset, n_bytes) == n_bytes;
}

static bool load(void) {
    if (!rom_is_loaded) {
        int32_t file = emu_file_open("rom.img", EMU_FILE_UPDATE);
        const bool is_new = file < 0;
        if (is_new) {
            file = emu_file_open("rom.img", EMU_FILE_CREATE);
        }
        rom_file = (uint32_t)file;
        memset(rom, 0xff, EMU_ROM_BYTES);
        rom_is_loaded = file >= 0 && (is_new ? save(0, EMU_ROM_BYTES) : emu_file_read(rom_file, rom, EMU_ROM_BYTES) == EMU_ROM_BYTES);
    }
    return rom_is_loaded;
}

static bool inside(mp_int_t offset, mp_uint_t n_bytes) {
    return offset >= 0 && offset <= EMU_ROM_BYTES && n_bytes <= (mp_uint_t)(EMU_ROM_BYTES - offset);
}

// prepare: (segment, offset, length), erases. Returns in what pieces may be written.
static mp_int_t prepare(mp_int_t offset, mp_int_t n_bytes) {
    if (n_bytes < 0 || offset % BLOCK_BYTES != 0 || !inside(offset, (mp_uint_t)n_bytes)) {
        return -MP_EINVAL;
    }
    const uint32_t whole = ((uint32_t)n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
    memset(rom + offset, 0xff, whole);
    return save((uint32_t)offset, whole) ? 16 : -MP_EIO;
}

static mp_int_t write(mp_int_t offset, mp_obj_t data) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(data, &buffer, MP_BUFFER_READ);
    if (offset % 16 != 0 || buffer.len % 16 != 0 || !inside(offset, buffer.len)) {
        return -MP_EINVAL;
    }
    for (size_t i = 0; i < buffer.len; i++) {
        rom[(size_t)offset + i] &= ((const uint8_t *)buffer.buf)[i];
    }
    return save((uint32_t)offset, buffer.len) ? 0 : -MP_EIO;
}

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    const mp_int_t command = mp_obj_get_int(args[0]);
    mp_int_t result = -MP_EINVAL;
    if (!load()) {
        result = -MP_EIO;
    } else if (command == MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS) {
        result = 1;
    } else if (n_args < 2 || mp_obj_get_int(args[1]) != 0) {
        result = -MP_EINVAL;
    } else if (command == MP_VFS_ROM_IOCTL_GET_SEGMENT) {
        return MP_OBJ_FROM_PTR(&rom_obj);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_PREPARE && n_args >= 3) {
        result = n_args == 4 ? prepare(mp_obj_get_int(args[2]), mp_obj_get_int(args[3])) : prepare(0, mp_obj_get_int(args[2]));
    } else if (command == MP_VFS_ROM_IOCTL_WRITE && n_args == 4) {
        result = write(mp_obj_get_int(args[2]), args[3]);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_COMPLETE) {
        result = 0;
    } else if (command == IOCTL_BLOCK_SIZE) {
        result = BLOCK_BYTES;
    }
    return MP_OBJ_NEW_SMALL_INT(result);
}
