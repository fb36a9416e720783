// qemu.flash: a block device in the host's file `flash.img`, in the folder QEMU was started in, reached by semihosting.
// Every write is handed to the host's kernel before the next one begins, so what littlefs promises about a power cut
// holds for an emulator that is killed.

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "emu.h"

#define BLOCK_BYTES (4096)

// The machine forgets the file at a reset (.bss is cleared); the host then only has one more open.
static uint32_t flash_file(void) {
    static uint32_t file_plus_1;
    if (file_plus_1 == 0) {
        file_plus_1 = (uint32_t)emu_file_open("flash.img", EMU_FILE_UPDATE) + 1;
        if (file_plus_1 == 0) {
            mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("no flash.img"));
        }
    }
    return file_plus_1 - 1;
}

// (block, buffer[, offset]): the same for both directions.
static mp_obj_t transfer(bool to_flash, size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, to_flash ? MP_BUFFER_READ : MP_BUFFER_WRITE);
    uint32_t address = (uint32_t)mp_obj_get_int(args[1]) * BLOCK_BYTES;
    if (n_args == 4) {
        address += (uint32_t)mp_obj_get_int(args[3]);
    }
    uint32_t file = flash_file(), n_bytes = 0;
    if (emu_file_seek(file, address)) {
        n_bytes = to_flash ? emu_file_write(file, buffer.buf, buffer.len) : emu_file_read(file, buffer.buf, buffer.len);
    }
    return MP_OBJ_NEW_SMALL_INT(n_bytes == buffer.len ? 0 : -MP_EIO);
}

static mp_obj_t flash_readblocks(size_t n_args, const mp_obj_t *args) {
    return transfer(false, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n_args, const mp_obj_t *args) {
    return transfer(true, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t operation, mp_obj_t argument) {
    (void)self;
    (void)argument;
    switch (mp_obj_get_int(operation)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(emu_file_bytes(flash_file()) / BLOCK_BYTES);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(BLOCK_BYTES);
        default: // nothing to initialise, to sync or to erase
            return MP_OBJ_NEW_SMALL_INT(0);
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t flash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals, flash_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE, locals_dict, &flash_locals);
static const mp_obj_base_t flash_obj = { &flash_type };

static const mp_rom_map_elem_t qemu_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_qemu) },
    { MP_ROM_QSTR(MP_QSTR_flash), MP_ROM_PTR(&flash_obj) },
};
static MP_DEFINE_CONST_DICT(qemu_globals, qemu_globals_table);

const mp_obj_module_t emu_qemu_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&qemu_globals,
};
MP_REGISTER_MODULE(MP_QSTR_qemu, emu_qemu_module);
