// Walking operands of different shapes in step, as NumPy broadcasts them. The host has collapsed the shapes and computed the
// strides; an operand that is repeated along a dimension has the stride 0 there.

#ifndef LINNET_BROADCAST_H
#define LINNET_BROADCAST_H

#include "../linnet_kernel.h"

#define LINNET_BROADCAST_RANK 5
#define LINNET_BROADCAST_INPUTS 3

typedef struct {
    uint32_t dims[LINNET_BROADCAST_RANK];  // the output's, whose elements follow each other
    uint32_t strides[LINNET_BROADCAST_INPUTS][LINNET_BROADCAST_RANK];  // in elements; of inputs that are not there 0
} linnet_broadcast_t;

// A row is what one step of the last dimension makes: at[i] is where input i's begins.
typedef struct {
    uint32_t index[LINNET_BROADCAST_RANK - 1];
    uint32_t at[LINNET_BROADCAST_INPUTS];
} linnet_walk_t;

// The walk stays within the inputs and makes the whole output.
int linnet_broadcast_ok(const linnet_broadcast_t *broadcast, const linnet_call_t *call);

// To the next row where that means a step of more than the last but one dimension; 0 after the last row.
int linnet_broadcast_carry(const linnet_broadcast_t *broadcast, linnet_walk_t *walk);

// To the next row; 0 after the last.
static inline int linnet_broadcast_next(const linnet_broadcast_t *broadcast, linnet_walk_t *walk) {
    const uint32_t axis = LINNET_BROADCAST_RANK - 2;
    if (walk->index[axis] + 1 >= broadcast->dims[axis]) {
        return linnet_broadcast_carry(broadcast, walk);
    }
    walk->index[axis]++;
    walk->at[0] += broadcast->strides[0][axis];
    walk->at[1] += broadcast->strides[1][axis];
    walk->at[2] += broadcast->strides[2][axis];
    return 1;
}

static inline uint32_t linnet_broadcast_row(const linnet_broadcast_t *broadcast) {
    return broadcast->dims[LINNET_BROADCAST_RANK - 1];
}

// How far an input moves from one element of a row to the next: 1, or 0; in rows of more than one element, 1 of at least one input.
static inline uint32_t linnet_broadcast_stride(const linnet_broadcast_t *broadcast, uint32_t input) {
    return broadcast->strides[input][LINNET_BROADCAST_RANK - 1];
}

#endif
