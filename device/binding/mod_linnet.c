// The MicroPython module _linnet: the one file that knows both MicroPython and the runtime. It parses arguments,
// calls the runtime and turns statuses into exceptions; device/linnet/model.py makes it pleasant.
// No float crosses into MicroPython: a native module's float ABI may differ from the firmware's.

#if MICROPY_ENABLE_DYNRUNTIME
#include "py/dynruntime.h"
#else
#include "py/binary.h"
#include "py/runtime.h"
#include "py/stream.h"
#endif

#include <string.h>

#include "../kernels/linnet_core.h"
#include "../kernels/linnet_kernel.h"

typedef struct {
    mp_obj_base_t base;
    mp_obj_t blob;   // kept for the garbage collector, as the next
    mp_obj_t given;  // groups: a tuple of buffers
    mp_obj_t arena;  // None until bind()
    mp_obj_t file;   // None, or where the weights are
    mp_obj_t window; // a buffer of `part`'s constants
    mp_obj_t golden; // a GOLDEN section that was given
    size_t memory_bytes;   // of the blob
    uint32_t weights_at;   // in the file
    linnet_part_t part;    // the operators whose constants are in memory
    const linnet_group_t *groups[LINNET_N_GROUPS];
    linnet_model_t model;
} model_obj_t;

// Errors ----------------------------------------------------------------------------------------------------

typedef struct {
    mp_print_t print;
    size_t n;
    char text[96];
} message_t;

static void append(void *data, const char *text, size_t n) {
    message_t *message = data;
    for (; n > 0 && message->n < sizeof(message->text); n--) {
        message->text[message->n++] = *text++;
    }
}

static const mp_print_t *begin(message_t *message) {
    message->n = 0;
    message->print.data = message;
    message->print.print_strn = append;
    return &message->print;
}

__attribute__((noreturn, noinline)) static void raise(const message_t *message) {
    nlr_raise(mp_obj_new_exception_arg1(&mp_type_ValueError, mp_obj_new_str(message->text, message->n)));
    for (;;) {
    }
}

// Raises ValueError. No variadic function of our own: compilers for Xtensa do not agree on how a va_list is passed on.
#define fail(...) \
    do { \
        message_t message; \
        mp_printf(begin(&message), __VA_ARGS__); \
        raise(&message); \
    } while (0)

static void raise_if_bad(linnet_status_t status, unsigned int where) {
    const char *text = linnet_status_text(status);
    if (status == LINNET_OK) {
        return;
    }
    if (status > LINNET_ERR_SECTION || status < LINNET_ERR_SCRATCH) {
        fail("blob: %s", text);
    }
    const char *part = status <= LINNET_ERR_RECORD ? "operator" : status >= LINNET_ERR_ENCODING ? "section"
        : status == LINNET_ERR_TENSOR ? "tensor" : status == LINNET_ERR_IO ? "entry"
        : status == LINNET_ERR_STRINGS ? "string" : "vector";
    fail("blob: %s, %s %u", text, part, where);
}

// Memory ----------------------------------------------------------------------------------------------------

// The arena's start. Buffers may be resized behind our back: both are looked at again before every use.
static uint8_t *arena_of(const model_obj_t *self) {
    mp_buffer_info_t blob, arena;
    mp_get_buffer_raise(self->blob, &blob, MP_BUFFER_READ);
    if (blob.buf != (void *)self->model.header || blob.len != self->memory_bytes) {
        fail("blob: moved or resized since it was opened");
    }
    if (self->arena == mp_const_none) {
        fail("arena: none yet, %u bytes wanted", (unsigned int)self->model.header->arena_bytes);
    }
    mp_get_buffer_raise(self->arena, &arena, MP_BUFFER_RW);
    if (arena.len < self->model.header->arena_bytes) {
        fail("arena: %u bytes wanted, %u given", (unsigned int)self->model.header->arena_bytes, (unsigned int)arena.len);
    }
    if ((uintptr_t)arena.buf % LINNET_ARENA_ALIGNMENT != 0) {
        fail("arena: not at a multiple of %u in memory", LINNET_ARENA_ALIGNMENT);
    }
    const uint8_t *start = arena.buf, *end = start + arena.len;
    if (start < (const uint8_t *)blob.buf + blob.len && (const uint8_t *)blob.buf < end) {
        fail("arena: overlaps the blob");
    }
    return arena.buf;
}

// The dtype whose elements a buffer of this typecode holds; bytes of any kind count as int8.
static uint32_t dtype_of(int typecode) {
    switch (typecode) {
        case 'b':
        case 'B':
        case BYTEARRAY_TYPECODE:
            return LINNET_INT8;
        case 'h':
        case 'H':
            return LINNET_INT16;
        case 'i':
        case 'I':
        case 'l':
        case 'L':
            return LINNET_INT32;
        case 'f':
            return LINNET_FLOAT32;
        case 'q':
            return LINNET_INT64;
    }
    return 0;
}

// Whether a buffer holds real numbers for a tensor of int8, uint8 or int16. Raises unless it fits the tensor, either way.
static bool is_real(const linnet_tensor_t *tensor, const mp_buffer_info_t *buffer, const char *what, unsigned int i) {
    const uint32_t dtype = dtype_of(buffer->typecode);
    const bool real = dtype == LINNET_FLOAT32 && tensor->dtype <= LINNET_INT16;
    if (!real && dtype != LINNET_INT8 && dtype != tensor->dtype) {
        fail("%s %u: no place for elements of type '%c'", what, i, buffer->typecode);
    }
    const uint64_t wanted = (uint64_t)tensor->bytes << (!real ? 0 : tensor->dtype == LINNET_INT16 ? 1 : 2);
    if (buffer->len != wanted) {
        fail("%s %u: %u bytes wanted, %u given", what, i, (unsigned int)wanted, (unsigned int)buffer->len);
    }
    if (real && (uintptr_t)buffer->buf % sizeof(float) != 0) {
        fail("%s %u: not at a multiple of 4 in memory", what, i);
    }
    return real;
}

static void put(const model_obj_t *self, uint8_t *arena, unsigned int i, mp_obj_t x) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(x, &buffer, MP_BUFFER_READ);
    const uint32_t index = self->model.io[i];
    const linnet_tensor_t *tensor = &self->model.tensors[index];
    void *data = linnet_tensor_data(&self->model, arena, index);
    if (is_real(tensor, &buffer, "input", i)) {
        linnet_quantize(buffer.buf, buffer.len / sizeof(float), tensor->scale, tensor->zero_point, tensor->dtype, data);
    } else {
        memmove(data, buffer.buf, tensor->bytes);
    }
}

static void get(const model_obj_t *self, uint8_t *arena, uint32_t index, mp_obj_t y, const char *what, unsigned int i) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(y, &buffer, MP_BUFFER_WRITE);
    const linnet_tensor_t *tensor = &self->model.tensors[index];
    const void *data = linnet_tensor_data(&self->model, arena, index);
    if (is_real(tensor, &buffer, what, i)) {
        linnet_dequantize(data, buffer.len / sizeof(float), tensor->scale, tensor->zero_point, tensor->dtype, buffer.buf);
    } else {
        memmove(buffer.buf, data, tensor->bytes);
    }
}

static uint32_t check_index(mp_obj_t index_in, uint32_t n, const char *what) {
    mp_int_t index = mp_obj_get_int(index_in);
    if (index < 0 || (mp_uint_t)index >= n) {
        fail("%s: 0 ... %d wanted, %d given", what, (int)n - 1, (int)index);
    }
    return (uint32_t)index;
}

// Several buffers come as a tuple or a list, a single one may come by itself.
static mp_obj_t *check_buffers(mp_obj_t *given, size_t wanted, const char *what) {
    size_t n = 1;
    mp_obj_t *buffers = given;
    // Not mp_obj_is_type: its assertion looks up names in a native module, 500 instructions each time.
    const mp_obj_type_t *type = mp_obj_get_type(*given);
    if (type == &mp_type_tuple || type == &mp_type_list) {
        mp_obj_get_array(*given, &n, &buffers);
    }
    if (n != wanted) {
        fail("%s: %u wanted, %u given", what, (unsigned int)wanted, (unsigned int)n);
    }
    return buffers;
}

// Golden vectors --------------------------------------------------------------------------------------------

static uint32_t padded_bytes(const linnet_model_t *model, uint32_t i) {
    return (model->tensors[model->io[i]].bytes + 3) & ~3u;
}

static uint32_t n_golden(const linnet_model_t *model) {
    return model->golden_bytes == 0 ? 0 : *(const uint16_t *)(const void *)model->golden;
}

// Vector v: its seed, and past its inputs if they are stored. `inputs`, unless NULL, is left at them.
static const uint8_t *golden(const linnet_model_t *model, uint32_t v, uint32_t *seed, const uint8_t **inputs) {
    const uint8_t *at = model->golden + 4;
    for (;; v--) {
        *seed = *(const uint32_t *)(const void *)at;
        at += 4;
        if (inputs != NULL) {
            *inputs = at;
        }
        for (uint32_t i = 0; i < model->header->n_inputs && *seed == 0; i++) {
            at += padded_bytes(model, i);
        }
        if (v == 0) {
            return at;
        }
        for (uint32_t i = 0; i < model->header->n_outputs; i++) {
            at += padded_bytes(model, (uint32_t)model->header->n_inputs + i);
        }
    }
}

// Weights in a file -----------------------------------------------------------------------------------------

static void read_file(const model_obj_t *self, uint32_t offset, void *buffer, uint32_t n) {
    const mp_stream_p_t *stream = mp_get_stream_raise(self->file, MP_STREAM_OP_READ | MP_STREAM_OP_IOCTL);
    // struct mp_stream_seek_t from the file's start, whether the firmware has offsets of 32 or of 64 bits.
    uint64_t seek[2] = { offset, 0 };
    int error = MP_EIO;
    if (stream->ioctl(self->file, MP_STREAM_SEEK, (uintptr_t)seek, &error) == MP_STREAM_ERROR) {
        mp_raise_OSError(error);
    }
    for (uint8_t *at = buffer; n > 0;) {
        const mp_uint_t got = stream->read(self->file, at, n, &error);
        if (got == 0 || got == MP_STREAM_ERROR || got > n) {
            mp_raise_OSError(error);
        }
        at += got;
        n -= got;
    }
}

// Has operator `first` and its like find their constants.
static void bring(model_obj_t *self, uint32_t first) {
    if (self->part.first <= first && first < self->part.last) {
        return;
    }
    mp_buffer_info_t window;
    mp_get_buffer_raise(self->window, &window, MP_BUFFER_RW);
    const linnet_part_t part = linnet_part(&self->model, first, window.len);
    if (part.bytes > window.len) {
        fail("window: %u bytes wanted by operator %u, %u given", (unsigned int)part.bytes, (unsigned int)first,
            (unsigned int)window.len);
    }
    self->part.last = 0;  // none, should what follows not come to its end
    if (part.bytes > 0) {
        read_file(self, self->weights_at + part.offset, window.buf, part.bytes);
    }
    // Checked each time: nobody knows who else writes to that file.
    raise_if_bad(linnet_place(&self->model, window.buf, &part), (unsigned int)self->model.where);
    self->part = part;
}

// Checks all that a blob in memory is checked for. blob_bytes, weights_at: of the file, which the caller knows.
static linnet_status_t open_file(model_obj_t *self, const mp_buffer_info_t *tables, uint32_t blob_bytes) {
    mp_buffer_info_t window;
    mp_get_buffer_raise(self->window, &window, MP_BUFFER_RW);
    uint32_t crc = 0;
    for (uint32_t at = 16, n; at < blob_bytes && window.len > 0; at += n) {
        n = blob_bytes - at < window.len ? blob_bytes - at : (uint32_t)window.len;
        read_file(self, at, window.buf, n);
        crc = linnet_crc32(crc, window.buf, n);
    }
    linnet_status_t status = linnet_open_tables(&self->model, tables->buf, tables->len, blob_bytes, crc, self->groups);
    for (uint32_t i = 0; status == LINNET_OK && i < self->model.header->n_operators; i = self->part.last) {
        bring(self, i);
    }
    return status;
}

// The type --------------------------------------------------------------------------------------------------

// The operators that other native modules bring, by the number of their group.
static void take_groups(model_obj_t *self) {
    size_t n;
    mp_obj_t *groups;
    mp_obj_get_array(self->given, &n, &groups);
    memset(self->groups, 0, sizeof(self->groups));
    for (size_t i = 0; i < n; i++) {
        mp_buffer_info_t buffer;
        mp_get_buffer_raise(groups[i], &buffer, MP_BUFFER_READ);
        const linnet_group_t *group = buffer.buf;
        if (buffer.len != sizeof(*group) || (uintptr_t)group % sizeof(void *) != 0 || group->abi != LINNET_GROUP_ABI
            || group->number >= LINNET_N_GROUPS) {
            fail("group %u: not for this _linnet: deploy again", (unsigned int)i);
        }
        self->groups[group->number] = group;
    }
}

// Model(blob, groups): opens the blob where it lies, checking all of it. groups: a tuple of what modules _linnet_<group> call
// GROUP, for operators that are not built in.
// Model(tables, groups, file, blob_bytes, window): of a blob in a file, `tables` being all before its weights; they are read
// into the window, a buffer that nobody else touches, as operators want them.
static mp_obj_t linnet_model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 5, false);
    mp_buffer_info_t blob;
    mp_get_buffer_raise(args[0], &blob, MP_BUFFER_READ);
    model_obj_t *self = mp_obj_malloc(model_obj_t, type);
    self->blob = args[0];
    self->given = n_args >= 2 ? args[1] : mp_const_empty_tuple;
    self->arena = self->file = self->golden = mp_const_none;
    self->memory_bytes = blob.len;
    linnet_status_t status;
    take_groups(self);
    if (n_args == 5) {
        self->file = args[2];
        self->window = args[4];
        self->weights_at = (uint32_t)blob.len;
        memset(&self->part, 0, sizeof(self->part));
        status = open_file(self, &blob, (uint32_t)mp_obj_get_int(args[3]));
    } else {
        status = linnet_open(&self->model, blob.buf, blob.len, self->groups);
    }
    raise_if_bad(status, (unsigned int)self->model.where);
    return MP_OBJ_FROM_PTR(self);
}

static void run(model_obj_t *self, uint32_t first, uint32_t last) {
    uint8_t *arena = arena_of(self);
    while (first < last) {
        uint32_t end = last;
        if (self->file != mp_const_none) {
            bring(self, first);
            end = self->part.last < last ? self->part.last : last;
        }
        linnet_run(&self->model, arena, self->model.header->arena_bytes, first, end);
        first = end;
    }
}

// bind(arena): the buffer to work in from now on. Gives variables their first values.
static mp_obj_t linnet_model_bind(mp_obj_t self_in, mp_obj_t arena) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    self->arena = arena;
    run(self, 0, self->model.header->n_reset);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_bind_obj, linnet_model_bind);

// run(first, last): operators first ... last - 1, on what lies in the arena.
static mp_obj_t linnet_model_run(mp_obj_t self_in, mp_obj_t first_in, mp_obj_t last_in) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t last = check_index(last_in, self->model.header->n_operators + 1u, "operator");
    run(self, check_index(first_in, last + 1, "operator"), last);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(linnet_model_run_obj, linnet_model_run);

// put(x): fills the inputs; float32 for an int8 or uint8 input is quantized.
static mp_obj_t linnet_model_put(mp_obj_t self_in, mp_obj_t x) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint8_t *arena = arena_of(self);
    const uint32_t n = self->model.header->n_inputs;
    mp_obj_t *buffers = check_buffers(&x, n, "inputs");
    for (uint32_t i = 0; i < n; i++) {
        put(self, arena, i, buffers[i]);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_put_obj, linnet_model_put);

// get(index, y): copies any tensor out; int8 or uint8 into a float32 buffer is dequantized.
static mp_obj_t linnet_model_get(mp_obj_t self_in, mp_obj_t index_in, mp_obj_t y) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const uint32_t index = check_index(index_in, self->model.header->n_tensors, "tensor");
    if (self->file != mp_const_none && self->model.tensors[index].place == LINNET_IN_WEIGHTS) {
        fail("tensor %u: in the file", (unsigned int)index);
    }
    get(self, arena_of(self), index, y, "tensor", index);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(linnet_model_get_obj, linnet_model_get);

// invoke(x, y): put, run one inference, get the outputs.
static mp_obj_t linnet_model_invoke(mp_obj_t self_in, mp_obj_t x, mp_obj_t y) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const linnet_header_t *header = self->model.header;
    mp_obj_t *outputs = check_buffers(&y, header->n_outputs, "outputs");
    linnet_model_put(self_in, x);
    run(self, header->n_reset, header->n_operators);
    uint8_t *arena = arena_of(self);
    for (uint32_t i = 0; i < header->n_outputs; i++) {
        get(self, arena, self->model.io[header->n_inputs + i], outputs[i], "output", i);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(linnet_model_invoke_obj, linnet_model_invoke);

// golden(section): bytes, a GOLDEN section to use for a model in a file, which has left its own there.
static mp_obj_t linnet_model_golden(mp_obj_t self_in, mp_obj_t section) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(section, &buffer, MP_BUFFER_READ);
    self->golden = section;
    raise_if_bad(linnet_golden(&self->model, buffer.buf, (uint32_t)buffer.len), (unsigned int)self->model.where);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_golden_obj, linnet_model_golden);

// fill(v): the inputs of golden vector v, variables anew; -1 makes them from seed 1, whether the blob has vectors or not.
static mp_obj_t linnet_model_fill(mp_obj_t self_in, mp_obj_t v_in) {
    model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const linnet_model_t *model = &self->model;
    uint8_t *arena = arena_of(self);
    uint32_t seed = 1;
    const uint8_t *inputs = NULL;
    if (v_in != MP_OBJ_NEW_SMALL_INT(-1)) {
        golden(model, check_index(v_in, n_golden(model), "vector"), &seed, &inputs);
    }
    run(self, 0, model->header->n_reset);
    for (uint32_t i = 0; i < model->header->n_inputs; i++) {
        const linnet_tensor_t *tensor = &model->tensors[model->io[i]];
        void *data = linnet_tensor_data(model, arena, model->io[i]);
        if (seed != 0) {
            seed = linnet_seeded(tensor, seed, data);
        } else {
            memmove(data, inputs, tensor->bytes);
            inputs += padded_bytes(model, i);
        }
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_fill_obj, linnet_model_fill);

static bool is_nan(const uint8_t *real) {
    return (*(const uint32_t *)(const void *)real & 0x7fffffff) > 0x7f800000;
}

// compare(v): the outputs with golden vector v's: None, or (output, element, got, wanted) at the first difference.
static mp_obj_t linnet_model_compare(mp_obj_t self_in, mp_obj_t v_in) {
    const model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const linnet_model_t *model = &self->model;
    uint8_t *arena = arena_of(self);
    uint32_t seed;
    const uint8_t *wanted = golden(model, check_index(v_in, n_golden(model), "vector"), &seed, NULL);
    for (uint32_t i = 0; i < model->header->n_outputs; i++) {
        const uint32_t index = model->io[model->header->n_inputs + i];
        const uint8_t *got = linnet_tensor_data(model, arena, index);
        for (uint32_t k = 0; k < model->tensors[index].bytes; k++) {
            if (got[k] != wanted[k]) {
                const uint32_t dtype = model->tensors[index].dtype, size = linnet_dtype_bytes(dtype);
                k -= k % size;
                // Which bits a NaN has is every processor's own affair.
                if (dtype == LINNET_FLOAT32 && is_nan(got + k) && is_nan(wanted + k)) {
                    k += size - 1;
                    continue;
                }
                mp_obj_t items[] = {
                    MP_OBJ_NEW_SMALL_INT(i),
                    mp_obj_new_int_from_uint(k / size),
                    mp_obj_new_bytes(got + k, size),
                    mp_obj_new_bytes(wanted + k, size),
                };
                return mp_obj_new_tuple(4, items);
            }
        }
        wanted += padded_bytes(model, (uint32_t)model->header->n_inputs + i);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_compare_obj, linnet_model_compare);

// Descriptions: these allocate --------------------------------------------------------------------------------

static mp_obj_t indices(const uint16_t *index, size_t n) {
    mp_obj_t items[n + 1];
    for (size_t i = 0; i < n; i++) {
        items[i] = MP_OBJ_NEW_SMALL_INT(index[i]);
    }
    return mp_obj_new_tuple(n, items);
}

// info(): (total_bytes, arena_bytes, n_tensors, n_operators, n_golden, inputs, outputs, n_reset); inputs and outputs are
// tensor indices.
static mp_obj_t linnet_model_info(mp_obj_t self_in) {
    const linnet_model_t *model = &((const model_obj_t *)MP_OBJ_TO_PTR(self_in))->model;
    const linnet_header_t *header = model->header;
    mp_obj_t items[] = {
        mp_obj_new_int_from_uint(header->total_bytes),
        mp_obj_new_int_from_uint(header->arena_bytes),
        MP_OBJ_NEW_SMALL_INT(header->n_tensors),
        MP_OBJ_NEW_SMALL_INT(header->n_operators),
        MP_OBJ_NEW_SMALL_INT(n_golden(model)),
        indices(model->io, header->n_inputs),
        indices(model->io + header->n_inputs, header->n_outputs),
        MP_OBJ_NEW_SMALL_INT(header->n_reset),
    };
    return mp_obj_new_tuple(8, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(linnet_model_info_obj, linnet_model_info);

// tensor(index): its row of the table, as bytes (FORMAT.md, section 4): the scale leaves as bits, not as a float.
static mp_obj_t linnet_model_tensor(mp_obj_t self_in, mp_obj_t index_in) {
    const linnet_model_t *model = &((const model_obj_t *)MP_OBJ_TO_PTR(self_in))->model;
    const uint32_t index = check_index(index_in, model->header->n_tensors, "tensor");
    return mp_obj_new_bytes((const uint8_t *)&model->tensors[index], sizeof(linnet_tensor_t));
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_tensor_obj, linnet_model_tensor);

// operator(index): (code, inputs, outputs), the last two as tensor indices.
static mp_obj_t linnet_model_operator(mp_obj_t self_in, mp_obj_t index_in) {
    const linnet_model_t *model = &((const model_obj_t *)MP_OBJ_TO_PTR(self_in))->model;
    const linnet_operator_t *op = linnet_operator(model, check_index(index_in, model->header->n_operators, "operator"));
    mp_obj_t items[] = {
        MP_OBJ_NEW_SMALL_INT(op->code),
        indices(op->tensors, op->n_inputs),
        indices(op->tensors + op->n_inputs, op->n_outputs),
    };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_operator_obj, linnet_model_operator);

// string(key): bytes, None when the blob has no such string.
static mp_obj_t linnet_model_string(mp_obj_t self_in, mp_obj_t key) {
    const linnet_model_t *model = &((const model_obj_t *)MP_OBJ_TO_PTR(self_in))->model;
    const uint8_t *at = model->strings;
    while (at != NULL && at < model->strings + model->strings_bytes) {
        const uint16_t *head = (const uint16_t *)(const void *)at;
        if (MP_OBJ_NEW_SMALL_INT(head[0]) == key) {
            return mp_obj_new_bytes(at + 4, head[1]);
        }
        at += 4 + ((head[1] + 3u) & ~3u);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(linnet_model_string_obj, linnet_model_string);

// Registration ------------------------------------------------------------------------------------------------

// The names in full: the build finds MP_QSTR_ by text search.
#define METHODS(ROW) \
    ROW(MP_QSTR_bind, linnet_model_bind_obj) \
    ROW(MP_QSTR_run, linnet_model_run_obj) \
    ROW(MP_QSTR_put, linnet_model_put_obj) \
    ROW(MP_QSTR_get, linnet_model_get_obj) \
    ROW(MP_QSTR_invoke, linnet_model_invoke_obj) \
    ROW(MP_QSTR_golden, linnet_model_golden_obj) \
    ROW(MP_QSTR_fill, linnet_model_fill_obj) \
    ROW(MP_QSTR_compare, linnet_model_compare_obj) \
    ROW(MP_QSTR_info, linnet_model_info_obj) \
    ROW(MP_QSTR_tensor, linnet_model_tensor_obj) \
    ROW(MP_QSTR_operator, linnet_model_operator_obj) \
    ROW(MP_QSTR_string, linnet_model_string_obj)

#if MICROPY_ENABLE_DYNRUNTIME

mp_obj_full_type_t linnet_model_type;
mp_map_elem_t linnet_model_locals_dict_table[12];
static MP_DEFINE_CONST_DICT(linnet_model_locals_dict, linnet_model_locals_dict_table);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY

    linnet_model_type.base.type = (void *)&mp_type_type;
    linnet_model_type.name = MP_QSTR_Model;
    MP_OBJ_TYPE_SET_SLOT(&linnet_model_type, make_new, linnet_model_make_new, 0);
    mp_map_elem_t *row = linnet_model_locals_dict_table;
    #define FILL(name, method) *row++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(name), MP_OBJ_FROM_PTR(&method) };
    METHODS(FILL)
    MP_OBJ_TYPE_SET_SLOT(&linnet_model_type, locals_dict, (void *)&linnet_model_locals_dict, 1);
    mp_store_global(MP_QSTR_Model, MP_OBJ_FROM_PTR(&linnet_model_type));
    mp_store_global(MP_QSTR_CORE, MP_OBJ_NEW_SMALL_INT(LINNET_CORE));

    MP_DYNRUNTIME_INIT_EXIT
}

#else

#define ENTRY(name, method) { MP_ROM_QSTR(name), MP_ROM_PTR(&method) },
static const mp_rom_map_elem_t linnet_model_locals_dict_table[] = { METHODS(ENTRY) };
static MP_DEFINE_CONST_DICT(linnet_model_locals_dict, linnet_model_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(linnet_model_type, MP_QSTR_Model, MP_TYPE_FLAG_NONE, make_new, linnet_model_make_new,
    locals_dict, &linnet_model_locals_dict);

static const mp_rom_map_elem_t linnet_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__linnet) },
    { MP_ROM_QSTR(MP_QSTR_Model), MP_ROM_PTR(&linnet_model_type) },
    { MP_ROM_QSTR(MP_QSTR_CORE), MP_ROM_INT(LINNET_CORE) },
    // As in a blob's header: those that want no module of their own.
    { MP_ROM_QSTR(MP_QSTR_GROUPS), MP_ROM_INT((1 << LINNET_N_GROUPS) - 1) },
};
static MP_DEFINE_CONST_DICT(linnet_globals, linnet_globals_table);

const mp_obj_module_t linnet_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&linnet_globals,
};
MP_REGISTER_MODULE(MP_QSTR__linnet, linnet_module);

#endif
