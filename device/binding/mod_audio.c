// The MicroPython module _linnet_audio: spectra of sound (kernels/audio/linnet_audio.h), for device/linnet/speech.py. Nothing here
// allocates, and no float passes.

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/runtime.h"
#endif

#include <string.h>

#include "../kernels/audio/linnet_audio.h"

// A buffer of elements of this size: how many it has.
static size_t get(mp_obj_t from, size_t element_bytes, mp_uint_t flags, void **elements) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(from, &buffer, flags);
    if ((uintptr_t)buffer.buf % element_bytes != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("alignment"));
    }
    *elements = buffer.buf;
    return buffer.len / element_bytes;
}

// spectrum(samples, window, turns, work, magnitudes): the largest sample.
static mp_obj_t linnet_audio_spectrum_call(size_t n_args, const mp_obj_t *args) {
    void *samples, *window, *turns, *work, *magnitudes;
    (void)n_args;
    const size_t n = get(args[0], 2, MP_BUFFER_READ, &samples), n_points = get(args[2], 2, MP_BUFFER_READ, &turns);
    if (get(args[1], 2, MP_BUFFER_READ, &window) != n || n > n_points || n_points < 4 || n_points > LINNET_AUDIO_MAX_POINTS
        || (n_points & (n_points - 1)) != 0 || get(args[3], 4, MP_BUFFER_WRITE, &work) < 2 * n_points
        || get(args[4], 4, MP_BUFFER_WRITE, &magnitudes) < n_points / 2 + 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("sizes"));
    }
    return MP_OBJ_NEW_SMALL_INT(linnet_audio_spectrum(samples, window, n, turns, n_points, work, magnitudes));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(linnet_audio_spectrum_obj, 5, 5, linnet_audio_spectrum_call);

// push(to, at, from, start): bytes of `from` from `start` on into `to` at `at`, whatever their elements; how many fitted.
static mp_obj_t linnet_audio_push_call(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t to, from;
    (void)n_args;
    mp_get_buffer_raise(args[0], &to, MP_BUFFER_WRITE);
    mp_get_buffer_raise(args[2], &from, MP_BUFFER_READ);
    const mp_int_t at = mp_obj_get_int(args[1]), start = mp_obj_get_int(args[3]);
    if (at < 0 || (size_t)at > to.len || start < 0 || (size_t)start > from.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("sizes"));
    }
    const size_t room = to.len - (size_t)at, left = from.len - (size_t)start, n = room < left ? room : left;
    memmove((uint8_t *)to.buf + at, (const uint8_t *)from.buf + start, n);
    return MP_OBJ_NEW_SMALL_INT(n);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(linnet_audio_push_obj, 4, 4, linnet_audio_push_call);

#if MICROPY_ENABLE_DYNRUNTIME

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    mp_store_global(MP_QSTR_spectrum, MP_OBJ_FROM_PTR(&linnet_audio_spectrum_obj));
    mp_store_global(MP_QSTR_push, MP_OBJ_FROM_PTR(&linnet_audio_push_obj));

    MP_DYNRUNTIME_INIT_EXIT
}

#else

static const mp_rom_map_elem_t linnet_audio_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__linnet_audio) },
    { MP_ROM_QSTR(MP_QSTR_spectrum), MP_ROM_PTR(&linnet_audio_spectrum_obj) },
    { MP_ROM_QSTR(MP_QSTR_push), MP_ROM_PTR(&linnet_audio_push_obj) },
};
static MP_DEFINE_CONST_DICT(linnet_audio_globals, linnet_audio_globals_table);

const mp_obj_module_t linnet_audio_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&linnet_audio_globals,
};
MP_REGISTER_MODULE(MP_QSTR__linnet_audio, linnet_audio_module);

#endif
