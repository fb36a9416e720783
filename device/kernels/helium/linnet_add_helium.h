// What both layouts of ADD share.

#ifndef LINNET_ADD_HELIUM_H
#define LINNET_ADD_HELIUM_H

#include "linnet_helium.h"

typedef struct {
    uint32_t n;
    int16_t zero_point[2];
    int16_t output_zero_point;
    int16_t act_min, act_max;
    int16_t reserved;
    int32_t multiplier[3];  // input 0, input 1, output
    int32_t shift[3];
} linnet_helium_add_params_t;

// All but the data.
linnet_status_t linnet_helium_add_check(const linnet_call_t *call);

// Clamps the output of a kernel that saturates to int8.
void linnet_helium_add_clamp(const linnet_helium_add_params_t *params, int8_t *out);

#endif
