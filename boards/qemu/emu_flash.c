// qemu.flash: a block device in the host's file `flash.img`, in the folder QEMU was started in, reached by semihosting.
// Every write is handed to the host's kernel before the next one begins, so what littlefs promises about a power cut
// holds for an emulator that is killed.

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "emu.h"

#define BLOCK_BYTES (4096)
#define SYS_OPEN (0x01)
#define SYS_WRITE (0x05)
#define SYS_READ (0x06)
#define SYS_SEEK (0x0a)
#define SYS_FLEN (0x0c)
#define MODE_UPDATE (3) // "r+b": the host creates the file

static const char flash_path[] = "flash.img";

static int32_t open_flash(void) {
    uint32_t arguments[] = { (uintptr_t)flash_path, MODE_UPDATE, sizeof(flash_path) - 1 };
    int32_t handle = emu_semihost(SYS_OPEN, arguments);
    if (handle < 0) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("no flash.img"));
    }
    return handle;
}

// The machine forgets the handle at a reset (.bss is cleared); the host then only has one file more open.
static uint32_t flash_handle(void) {
    static int32_t handle_plus_1;
    if (handle_plus_1 == 0) {
        handle_plus_1 = open_flash() + 1;
    }
    return (uint32_t)(handle_plus_1 - 1);
}

static uint32_t flash_bytes(void) {
    uint32_t arguments[] = { flash_handle() };
    int32_t n_bytes = emu_semihost(SYS_FLEN, arguments);
    return n_bytes < 0 ? 0 : (uint32_t)n_bytes;
}

// (block, buffer[, offset]): the same for both directions. Semihosting answers with the bytes it did NOT transfer.
static mp_obj_t transfer(uint32_t operation, size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, operation == SYS_READ ? MP_BUFFER_WRITE : MP_BUFFER_READ);
    uint32_t address = (uint32_t)mp_obj_get_int(args[1]) * BLOCK_BYTES;
    if (n_args == 4) {
        address += (uint32_t)mp_obj_get_int(args[3]);
    }
    uint32_t seek[] = { flash_handle(), address };
    uint32_t move[] = { flash_handle(), (uintptr_t)buffer.buf, buffer.len };
    if (emu_semihost(SYS_SEEK, seek) != 0 || emu_semihost(operation, move) != 0) {
        return MP_OBJ_NEW_SMALL_INT(-MP_EIO);
    }
    return MP_OBJ_NEW_SMALL_INT(0);
}

static mp_obj_t flash_readblocks(size_t n_args, const mp_obj_t *args) {
    return transfer(SYS_READ, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n_args, const mp_obj_t *args) {
    return transfer(SYS_WRITE, n_args, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t operation, mp_obj_t argument) {
    (void)self;
    (void)argument;
    switch (mp_obj_get_int(operation)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(flash_bytes() / BLOCK_BYTES);
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

int32_t emu_semihost(uint32_t operation, const void *arguments) {
    #if defined(__riscv)
    register uint32_t a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = arguments;
    __asm volatile (
        ".option push\n .option norvc\n .balign 16\n"
        "slli zero, zero, 0x1f\n ebreak\n srai zero, zero, 7\n"
        ".option pop" : "+r" (a0) : "r" (a1) : "memory");
    return (int32_t)a0;
    #else
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return (int32_t)r0;
    #endif
}
