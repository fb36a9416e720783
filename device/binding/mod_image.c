// The MicroPython module _linnet_image: camera images into a model's input (kernels/image/linnet_image.h), for
// device/linnet/images.py. Nothing here allocates, and no float passes.

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#endif

#include "../kernels/image/linnet_image.h"

// convert(geometry, image, table, out). geometry: the int32 fields of linnet_image_t, as an array("i").
static mp_obj_t linnet_image_convert_call(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t geometry, image, table, out;
    (void)n_args;
    mp_get_buffer_raise(args[0], &geometry, MP_BUFFER_READ);
    mp_get_buffer_raise(args[1], &image, MP_BUFFER_READ);
    mp_get_buffer_raise(args[2], &table, MP_BUFFER_READ);
    mp_get_buffer_raise(args[3], &out, MP_BUFFER_WRITE);
    if (geometry.len != sizeof(linnet_image_t) || (uintptr_t)geometry.buf % sizeof(int32_t) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("geometry"));
    }
    const linnet_image_t *p = geometry.buf;
    const char *wrong = linnet_image_check(p, image.len, table.len, out.len);
    if (wrong != NULL) {
        mp_raise_msg(&mp_type_ValueError, (mp_rom_error_text_t)wrong);
    }
    linnet_image_convert(p, image.buf, table.buf, out.buf);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(linnet_image_convert_obj, 4, 4, linnet_image_convert_call);

// changed(a, b, threshold): how many bytes of two buffers of one length differ by more.
static mp_obj_t linnet_image_changed_call(mp_obj_t a_in, mp_obj_t b_in, mp_obj_t threshold) {
    mp_buffer_info_t a, b;
    mp_get_buffer_raise(a_in, &a, MP_BUFFER_READ);
    mp_get_buffer_raise(b_in, &b, MP_BUFFER_READ);
    if (a.len != b.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("two lengths"));
    }
    return mp_obj_new_int_from_uint(linnet_image_changed(a.buf, b.buf, a.len, (uint32_t)mp_obj_get_int(threshold)));
}
static MP_DEFINE_CONST_FUN_OBJ_3(linnet_image_changed_obj, linnet_image_changed_call);

#if MICROPY_ENABLE_DYNRUNTIME

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    mp_store_global(MP_QSTR_convert, MP_OBJ_FROM_PTR(&linnet_image_convert_obj));
    mp_store_global(MP_QSTR_changed, MP_OBJ_FROM_PTR(&linnet_image_changed_obj));

    MP_DYNRUNTIME_INIT_EXIT
}

#else

static const mp_rom_map_elem_t linnet_image_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__linnet_image) },
    { MP_ROM_QSTR(MP_QSTR_convert), MP_ROM_PTR(&linnet_image_convert_obj) },
    { MP_ROM_QSTR(MP_QSTR_changed), MP_ROM_PTR(&linnet_image_changed_obj) },
};
static MP_DEFINE_CONST_DICT(linnet_image_globals, linnet_image_globals_table);

const mp_obj_module_t linnet_image_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&linnet_image_globals,
};
MP_REGISTER_MODULE(MP_QSTR__linnet_image, linnet_image_module);

#endif
