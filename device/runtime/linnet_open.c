// Opening a blob: the ladder of checks of FORMAT.md, section 7. After it no kernel checks a bound.

#include "../kernels/linnet_core.h"
#include "../kernels/linnet_kernel.h"

enum {
    SECTION_TENSORS = 1,
    SECTION_IO = 2,
    SECTION_OPERATORS = 3,
    SECTION_STRINGS = 4,
    SECTION_WEIGHTS = 5,
    SECTION_GOLDEN = 6,
    SECTION_SIGNATURE = 7,
    SECTION_OPTIONAL = 0x8000,
};

typedef struct {
    uint16_t kind;
    uint8_t encoding;
    uint8_t reserved;
    uint32_t offset;
    uint32_t bytes;
    uint32_t decoded_bytes;
} section_t;

// [offset, offset + bytes) lies inside [0, limit).
static int inside(uint32_t offset, uint32_t bytes, uint32_t limit) {
    return offset <= limit && bytes <= limit - offset;
}

static uint32_t round_up(uint32_t x, uint32_t multiple) {
    return (x + multiple - 1) / multiple * multiple;
}

// IEEE 802.3, four bits at a time.
uint32_t linnet_crc32(uint32_t crc, const void *data, size_t n) {
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const uint8_t *at = data;
    crc = ~crc;
    for (; n > 0; n--) {
        crc ^= *at++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static int core_is_ours(uint32_t core) {
#if defined(LINNET_ALL_CORES)
    return core <= LINNET_CORE_XTENSA;
#else
    return core == LINNET_CORE_PORTABLE || core == LINNET_CORE;
#endif
}

// crc: NULL, or what was worked out for a blob of which only memory_bytes are in memory.
static linnet_status_t check_header(const uint8_t *blob, size_t memory_bytes, size_t blob_bytes, const uint32_t *crc) {
    if ((uintptr_t)blob % 4 != 0) {
        return LINNET_ERR_ALIGNMENT;
    }
    if (memory_bytes < sizeof(linnet_header_t)) {
        return LINNET_ERR_TRUNCATED;
    }
    const linnet_header_t *h = (const linnet_header_t *)(const void *)blob;
    if (h->magic[0] != 0x89 || h->magic[1] != 'L' || h->magic[2] != 'N' || h->magic[3] != 'T') {
        return LINNET_ERR_MAGIC;
    }
    if (h->version_major != LINNET_FORMAT_MAJOR || h->header_bytes != sizeof(linnet_header_t)) {
        return LINNET_ERR_VERSION;
    }
    if (h->total_bytes != blob_bytes || h->total_bytes % 16 != 0) {
        return LINNET_ERR_LENGTH;
    }
    if (h->crc32 != (crc != NULL ? *crc : linnet_crc32(0, blob + 16, blob_bytes - 16))) {
        return LINNET_ERR_CRC;
    }
    if (h->n_reset > h->n_operators || h->groups >> LINNET_N_GROUPS != 0 || h->arena_bytes % LINNET_ARENA_ALIGNMENT != 0) {
        return LINNET_ERR_HEADER;
    }
    return core_is_ours(h->core) ? LINNET_OK : LINNET_ERR_CORE;
}

static linnet_status_t check_sections(linnet_model_t *m, const uint8_t *blob, size_t memory_bytes, uint32_t *found) {
    const linnet_header_t *h = m->header;
    if (!inside(sizeof(*h), h->n_sections * (uint32_t)sizeof(section_t), (uint32_t)memory_bytes)) {
        return LINNET_ERR_SECTION;
    }
    const section_t *section = (const section_t *)(const void *)(h + 1);
    uint32_t end = (uint32_t)sizeof(*h) + h->n_sections * (uint32_t)sizeof(section_t);
    for (m->where = 0; m->where < h->n_sections; m->where++, section++) {
        const int known = section->kind >= SECTION_TENSORS && section->kind <= SECTION_SIGNATURE;
        if ((!known && section->kind < SECTION_OPTIONAL) || (known && (*found & 1u << section->kind))
            || section->reserved != 0 || section->offset % 16 != 0 || section->offset != round_up(end, 16)
            || !inside(section->offset, section->bytes, h->total_bytes)) {
            return LINNET_ERR_SECTION;
        }
        if (section->encoding != 0 || section->decoded_bytes != section->bytes) {
            return LINNET_ERR_ENCODING;
        }
        end = section->offset + section->bytes;
        // Weights and golden vectors may lie elsewhere.
        const uint8_t *start = end <= memory_bytes ? blob + section->offset : NULL;
        if (start == NULL && section->kind <= SECTION_STRINGS) {
            return LINNET_ERR_SECTION;
        }
        switch (section->kind) {
            case SECTION_TENSORS:
                if (section->bytes != h->n_tensors * sizeof(linnet_tensor_t)) {
                    return LINNET_ERR_TENSOR;
                }
                m->tensors = (const linnet_tensor_t *)(const void *)start;
                break;
            case SECTION_IO:
                if (section->bytes != ((uint32_t)h->n_inputs + h->n_outputs) * sizeof(uint16_t)) {
                    return LINNET_ERR_IO;
                }
                m->io = (const uint16_t *)(const void *)start;
                break;
            case SECTION_OPERATORS:
                m->operators = (const linnet_operator_t *)(const void *)start;
                m->operators_bytes = section->bytes;
                break;
            case SECTION_STRINGS:
                m->strings = start;
                m->strings_bytes = section->bytes;
                break;
            case SECTION_WEIGHTS:
                m->weights = start;
                m->weights_bytes = section->bytes;
                break;
            case SECTION_GOLDEN:
                m->golden = start;
                m->golden_bytes = start == NULL ? 0 : section->bytes;
                break;
        }
        if (known) {
            *found |= 1u << section->kind;
        }
    }
    const uint32_t required = 1u << SECTION_TENSORS | 1u << SECTION_IO | 1u << SECTION_OPERATORS;
    return (*found & required) == required && round_up(end, 16) == h->total_bytes ? LINNET_OK : LINNET_ERR_SECTION;
}

static linnet_status_t check_tensors(linnet_model_t *m) {
    for (m->where = 0; m->where < m->header->n_tensors; m->where++) {
        const linnet_tensor_t *t = &m->tensors[m->where];
        uint64_t bytes = linnet_dtype_bytes(t->dtype);
        if (bytes == 0 || t->rank > LINNET_MAX_RANK || t->place > LINNET_IN_WEIGHTS || t->reserved != 0 || t->offset % 4 != 0) {
            return LINNET_ERR_TENSOR;
        }
        for (uint32_t i = 0; i < LINNET_MAX_RANK; i++) {
            if ((i < t->rank) != (t->dims[i] != 0)) {
                return LINNET_ERR_TENSOR;
            }
            if (i < t->rank) {
                bytes *= t->dims[i];
            }
            if (bytes > UINT32_MAX) {
                return LINNET_ERR_TENSOR;
            }
        }
        uint32_t limit = t->place == LINNET_IN_WEIGHTS ? m->weights_bytes : m->header->arena_bytes;
        if (t->bytes != bytes || !inside(t->offset, t->bytes, limit)) {
            return LINNET_ERR_TENSOR;
        }
    }
    return LINNET_OK;
}

static linnet_status_t check_io(linnet_model_t *m) {
    uint32_t n = (uint32_t)m->header->n_inputs + m->header->n_outputs;
    for (uint32_t i = 0; i < n; i++) {
        m->where = i;
        if (m->io[i] >= m->header->n_tensors || m->tensors[m->io[i]].place != LINNET_IN_ARENA) {
            return LINNET_ERR_IO;
        }
    }
    return LINNET_OK;
}

static linnet_status_t check_strings(linnet_model_t *m) {
    m->where = 0;
    for (uint32_t at = 0; at < m->strings_bytes; m->where++) {
        if (m->strings_bytes - at < 4) {
            return LINNET_ERR_STRINGS;
        }
        const uint16_t *head = (const uint16_t *)(const void *)(m->strings + at);
        uint32_t bytes = 4 + round_up(head[1], 4);
        if (bytes > m->strings_bytes - at) {
            return LINNET_ERR_STRINGS;
        }
        at += bytes;
    }
    return LINNET_OK;
}

// Bytes of one side (inputs or outputs) of a golden vector.
static uint64_t golden_bytes(const linnet_model_t *m, uint32_t first, uint32_t n) {
    uint64_t bytes = 0;
    for (uint32_t i = first; i < first + n; i++) {
        bytes += ((uint64_t)m->tensors[m->io[i]].bytes + 3) & ~(uint64_t)3;
    }
    return bytes;
}

static linnet_status_t check_golden(linnet_model_t *m) {
    m->where = 0;
    if (m->golden_bytes == 0) {
        return LINNET_OK;
    }
    const uint64_t inputs = golden_bytes(m, 0, m->header->n_inputs);
    const uint64_t outputs = golden_bytes(m, m->header->n_inputs, m->header->n_outputs);
    const uint16_t *head = (const uint16_t *)(const void *)m->golden;
    if (m->golden_bytes < 4 || head[1] != 0) {
        return LINNET_ERR_GOLDEN;
    }
    uint32_t at = 4;
    for (; m->where < head[0]; m->where++) {
        if (m->golden_bytes - at < 4) {
            return LINNET_ERR_GOLDEN;
        }
        const uint32_t seed = *(const uint32_t *)(const void *)(m->golden + at);
        const uint64_t bytes = 4 + (seed == 0 ? inputs : 0) + outputs;
        if (bytes > m->golden_bytes - at) {
            return LINNET_ERR_GOLDEN;
        }
        at += (uint32_t)bytes;
    }
    return at == m->golden_bytes ? LINNET_OK : LINNET_ERR_GOLDEN;
}

// The dtypes of tensors are the kernel's own to check, as are its params and data.
static linnet_status_t check_operator(const linnet_model_t *m, const linnet_operator_t *op) {
    const linnet_kernel_t *kernel = linnet_kernel(m, op->code, op->variant);
    const uint32_t group = op->code / LINNET_GROUP_CODES;
    if (group >= LINNET_N_GROUPS || (group > 0 && (m->header->groups >> group & 1) == 0)) {
        return LINNET_ERR_OPERATOR;
    }
    // Operators in a portable layout may stand in any blob, tuned ones only in their core's.
    if (kernel == NULL || (op->variant != 0 && (op->variant & 15) != m->header->core)) {
        return LINNET_ERR_OPERATOR;
    }
    const int any = kernel->n_inputs == LINNET_ANY;
    if ((any ? op->n_inputs == 0 : op->n_inputs != kernel->n_inputs) || op->n_outputs != kernel->n_outputs) {
        return LINNET_ERR_OPERANDS;
    }
    const uint32_t n = (uint32_t)op->n_inputs + op->n_outputs;
    const uint32_t operands_bytes = round_up(n * (uint32_t)sizeof(uint16_t), 4);
    if (op->record_bytes != sizeof(*op) + operands_bytes + kernel->params_bytes) {
        return LINNET_ERR_PARAMS;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (op->tensors[i] >= m->header->n_tensors
            || (i >= op->n_inputs && m->tensors[op->tensors[i]].place != LINNET_IN_ARENA)) {
            return LINNET_ERR_OPERANDS;
        }
    }
    if (op->data_offset % 16 != 0 || !inside(op->data_offset, op->data_bytes, m->weights_bytes)) {
        return LINNET_ERR_DATA;
    }
    return m->weights == NULL ? LINNET_OK : linnet_check_contents(m, op);
}

linnet_status_t linnet_check_contents(const linnet_model_t *m, const linnet_operator_t *op) {
    const linnet_kernel_t *kernel = linnet_kernel(m, op->code, op->variant);
    const linnet_call_t call = linnet_call(m, op);
    linnet_status_t status = kernel->check(&call);
    if (status != LINNET_OK) {
        return status;
    }
    const uint32_t wanted = kernel->scratch == NULL ? 0 : kernel->scratch(call.params);
    const int scratch_ok = op->scratch_offset % 4 == 0 && op->scratch_bytes >= wanted
        && inside(op->scratch_offset, op->scratch_bytes, m->header->arena_bytes);
    return scratch_ok ? LINNET_OK : LINNET_ERR_SCRATCH;
}

static linnet_status_t check_operators(linnet_model_t *m) {
    uint32_t at = 0;
    for (m->where = 0; m->where < m->header->n_operators; m->where++) {
        const linnet_operator_t *op = (const linnet_operator_t *)(const void *)((const uint8_t *)m->operators + at);
        const uint32_t left = m->operators_bytes - at;
        if (left < sizeof(*op) || op->reserved != 0 || op->record_bytes % 4 != 0 || op->record_bytes < sizeof(*op)
            || op->record_bytes > left) {
            return LINNET_ERR_RECORD;
        }
        linnet_status_t status = check_operator(m, op);
        if (status != LINNET_OK) {
            return status;
        }
        at += op->record_bytes;
    }
    return at == m->operators_bytes ? LINNET_OK : LINNET_ERR_RECORD;
}

static linnet_status_t open(linnet_model_t *m, const uint8_t *blob, size_t memory_bytes, size_t blob_bytes, const uint32_t *crc,
    const struct linnet_group *const *groups) {
    const linnet_model_t nothing = { 0 };
    *m = nothing;
    m->groups = groups;
    linnet_status_t status = check_header(blob, memory_bytes, blob_bytes, crc);
    if (status != LINNET_OK) {
        return status;
    }
    m->header = (const linnet_header_t *)(const void *)blob;
    m->weights = blob;  // of a model without any: no bytes, but a pointer to count from
    uint32_t found = 0;
    status = check_sections(m, blob, memory_bytes, &found);
    static linnet_status_t (*const rungs[])(linnet_model_t *)
        = { check_tensors, check_io, check_strings, check_golden, check_operators };
    for (size_t i = 0; status == LINNET_OK && i < sizeof(rungs) / sizeof(rungs[0]); i++) {
        status = rungs[i](m);
    }
    return status;
}

linnet_status_t linnet_open(linnet_model_t *m, const void *blob, size_t blob_bytes,
    const struct linnet_group *const *groups) {
    return open(m, blob, blob_bytes, blob_bytes, NULL, groups);
}

linnet_status_t linnet_open_tables(linnet_model_t *m, const void *tables, size_t tables_bytes, size_t blob_bytes,
    uint32_t crc32, const struct linnet_group *const *groups) {
    return open(m, tables, tables_bytes < blob_bytes ? tables_bytes : blob_bytes, blob_bytes, &crc32, groups);
}

linnet_status_t linnet_golden(linnet_model_t *m, const void *section, uint32_t bytes) {
    m->golden = section;
    m->golden_bytes = bytes;
    return check_golden(m);
}
