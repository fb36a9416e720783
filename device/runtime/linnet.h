// The Linnet runtime: open a blob (check it once), then run it. FORMAT.md specifies every structure here.
//
// Pure C99, freestanding: no allocation, no writable statics, reentrant. The caller owns the blob, the
// arena and the linnet_model_t; the blob is read where it lies and must outlive the model.

#ifndef LINNET_H
#define LINNET_H

#include <stddef.h>
#include <stdint.h>

#define LINNET_FORMAT_MAJOR 1
#define LINNET_FORMAT_MINOR 1
#define LINNET_ARENA_ALIGNMENT 16
#define LINNET_MAX_RANK 6
// Operators come in groups, a native module each (FORMAT.md, section 5): code / LINNET_GROUP_CODES.
#define LINNET_GROUP_CODES 64
#define LINNET_N_GROUPS 7

// In the order in which linnet_open looks (FORMAT.md, section 7).
typedef enum {
    LINNET_OK = 0,
    LINNET_ERR_ALIGNMENT = -1,
    LINNET_ERR_TRUNCATED = -2,
    LINNET_ERR_MAGIC = -3,
    LINNET_ERR_VERSION = -4,
    LINNET_ERR_LENGTH = -5,
    LINNET_ERR_CRC = -6,
    LINNET_ERR_HEADER = -7,
    LINNET_ERR_CORE = -8,
    LINNET_ERR_SECTION = -9,
    LINNET_ERR_ENCODING = -10,
    LINNET_ERR_TENSOR = -11,
    LINNET_ERR_IO = -12,
    LINNET_ERR_STRINGS = -13,
    LINNET_ERR_GOLDEN = -14,
    LINNET_ERR_RECORD = -15,
    LINNET_ERR_OPERATOR = -16,
    LINNET_ERR_OPERANDS = -17,
    LINNET_ERR_PARAMS = -18,
    LINNET_ERR_DATA = -19,
    LINNET_ERR_SCRATCH = -20,
    LINNET_ERR_ARENA = -21,
    LINNET_ERR_RANGE = -22,
} linnet_status_t;

typedef enum {
    LINNET_CORE_PORTABLE = 0,
    LINNET_CORE_ARMV6M = 1,
    LINNET_CORE_ARMV7EM = 2,
    LINNET_CORE_HELIUM = 3,
    LINNET_CORE_RV32IMC = 4,
    LINNET_CORE_XTENSA = 5,
} linnet_core_t;

typedef enum {
    LINNET_INT8 = 1,
    LINNET_UINT8 = 2,
    LINNET_INT16 = 3,
    LINNET_INT32 = 4,
    LINNET_FLOAT32 = 5,
    LINNET_BOOL = 8,
    LINNET_INT64 = 9,
} linnet_dtype_t;

typedef enum {
    LINNET_IN_ARENA = 0,
    LINNET_IN_WEIGHTS = 1,
} linnet_place_t;

typedef struct {
    uint8_t magic[4];
    uint8_t version_major;
    uint8_t version_minor;
    uint16_t header_bytes;
    uint32_t total_bytes;
    uint32_t crc32;
    uint32_t arena_bytes;
    uint8_t core;
    uint8_t n_reset;
    uint16_t groups;
    uint16_t n_sections;
    uint16_t n_tensors;
    uint16_t n_operators;
    uint8_t n_inputs;
    uint8_t n_outputs;
} linnet_header_t;

typedef struct {
    uint32_t offset;
    uint32_t bytes;
    uint8_t dtype;
    uint8_t rank;
    uint8_t place;
    uint8_t reserved;
    int32_t zero_point;
    float scale;
    uint32_t dims[LINNET_MAX_RANK];
    uint32_t source;
} linnet_tensor_t;

typedef struct {
    uint16_t code;
    uint8_t variant;
    uint8_t reserved;
    uint16_t record_bytes;
    uint8_t n_inputs;
    uint8_t n_outputs;
    uint32_t data_offset;
    uint32_t data_bytes;
    uint32_t scratch_offset;
    uint32_t scratch_bytes;
    uint16_t tensors[];  // inputs, then outputs, padded to a multiple of 4; then the params
} linnet_operator_t;

struct linnet_group;  // ../kernels/linnet_kernel.h

// An open model: pointers into the blob. Nothing here changes while the model runs.
typedef struct {
    const linnet_header_t *header;
    const linnet_tensor_t *tensors;      // (n_tensors)
    const uint16_t *io;                  // (n_inputs + n_outputs) tensor indices
    const linnet_operator_t *operators;  // the first record
    const uint8_t *strings;
    const uint8_t *weights;              // NULL while none of them are in memory: linnet_window.c
    const uint8_t *golden;
    uint32_t operators_bytes;
    uint32_t strings_bytes;
    uint32_t weights_bytes;
    uint32_t golden_bytes;
    const struct linnet_group *const *groups;  // (LINNET_N_GROUPS) those that are not built in, or NULL
    uint32_t where;  // the section, tensor or operator at which linnet_open failed
} linnet_model_t;

// Checks the whole blob and fills in the model. On failure the model must not be used, but for `where`.
// groups: NULL, or by number (LINNET_N_GROUPS) the groups that came with other native modules, NULL where there is none.
linnet_status_t linnet_open(linnet_model_t *model, const void *blob, size_t blob_bytes,
    const struct linnet_group *const *groups);

// Opens a blob whose weights stay in a file: in memory is only what lies before them, `tables_bytes` of `blob_bytes`. crc32: of
// the blob's bytes from 16 on. The constants that operators want are checked when linnet_place() has them; golden vectors are
// left out.
linnet_status_t linnet_open_tables(linnet_model_t *model, const void *tables, size_t tables_bytes, size_t blob_bytes,
    uint32_t crc32, const struct linnet_group *const *groups);

// CRC-32 as zlib's: that of nothing is 0, and each call goes on where the one before ended.
uint32_t linnet_crc32(uint32_t crc, const void *data, size_t n);

// What operators [first, last) want of WEIGHTS.
typedef struct {
    uint32_t first, last;
    uint32_t offset, bytes;
} linnet_part_t;

// Operator `first` < n_operators and as many after it as fit in `room_bytes` together; more bytes than that if it does
// not fit by itself.
linnet_part_t linnet_part(const linnet_model_t *model, uint32_t first, size_t room_bytes);

// Has the operators of a part find their constants in `window`, at a multiple of 16, which holds its bytes; checks these operators.
// Until the next call only they may run.
linnet_status_t linnet_place(linnet_model_t *model, const void *window, const linnet_part_t *part);

// Has the model use a GOLDEN section in memory, at a multiple of 4, which is checked.
linnet_status_t linnet_golden(linnet_model_t *model, const void *section, uint32_t bytes);

// Runs operators [first, last). The arena is at least header->arena_bytes long, at a multiple of 16. [0, header->n_reset) give
// variables their first values: they run once, and again to forget. An inference is [header->n_reset, header->n_operators): the
// arena holds the inputs before it and the outputs after it.
linnet_status_t linnet_run(const linnet_model_t *model, void *arena, size_t arena_bytes, uint32_t first, uint32_t last);

// A few words naming the status, never NULL.
const char *linnet_status_text(linnet_status_t status);

// The record of operator `index` < n_operators.
const linnet_operator_t *linnet_operator(const linnet_model_t *model, uint32_t index);

// Where tensor `index` < n_tensors lies: in the arena, or in the blob (then it must not be written).
static inline void *linnet_tensor_data(const linnet_model_t *model, void *arena, uint32_t index) {
    const linnet_tensor_t *tensor = &model->tensors[index];
    if (tensor->place == LINNET_IN_WEIGHTS) {
        return (void *)(uintptr_t)(model->weights + tensor->offset);
    }
    return (uint8_t *)arena + tensor->offset;
}

// Writes the elements that FORMAT.md's generator gives for a tensor and returns the generator's next state.
uint32_t linnet_seeded(const linnet_tensor_t *tensor, uint32_t state, void *data);

// float32 <-> int8, uint8 or int16, as TFLite's QUANTIZE and DEQUANTIZE do.
void linnet_quantize(const float *real, uint32_t n, float scale, int32_t zero_point, linnet_dtype_t dtype, void *quantized);
void linnet_dequantize(const void *quantized, uint32_t n, float scale, int32_t zero_point, linnet_dtype_t dtype, float *real);

// Bytes of an element of this dtype, 0 when it is unknown or reserved.
uint32_t linnet_dtype_bytes(uint32_t dtype);

#endif
