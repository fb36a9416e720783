"""The float32 division that armv6m's native module brings along, against the host's own."""

import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "device" / "natmod" / "float_divide.c"

CHECK = r"""
#define LINNET_FLOAT_DIVIDE
#include "%s"
#include <stdio.h>
#include <string.h>

static uint32_t state = 12345;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static const uint32_t special[] = {0, 1, 2, 0x7fffff, 0x800000, 0x800001, 0x3f800000, 0x3f800001, 0x7f7fffff, 0x7f800000, 0x7fc00000};
enum { N_SPECIAL = sizeof(special) / sizeof(special[0]) };

int main(void) {
    for (long i = 0; i < 4000000; i++) {
        uint32_t a = next(), b = next();
        if (i %% 3 == 1) {  // quotients near 1, and near the subnormals
            b = (a & 0x7f800000) | (b & 0x807fffff);
        }
        if (i %% 3 == 2) {
            a &= 0x80ffffff;
        }
        if (i %% 11 == 0) {  // few digits: exact quotients and ties
            a &= 0xffff0000;
            b &= 0xffff0000;
        }
        if (i < N_SPECIAL * N_SPECIAL * 2) {
            a = special[i / 2 %% N_SPECIAL] | (i & 1) << 31;
            b = special[i / 2 / N_SPECIAL];
        }
        float x, y;
        memcpy(&x, &a, 4);
        memcpy(&y, &b, 4);
        float wanted = x / y, got = __aeabi_fdiv(x, y);
        if (memcmp(&got, &wanted, 4) != 0 && !(got != got && wanted != wanted)) {
            printf("%%08x / %%08x: got %%a, wanted %%a\n", a, b, got, wanted);
            return 1;
        }
    }
    return 0;
}
"""


def test_float_divide(tmp_path):
    source, program = tmp_path / "check.c", tmp_path / "check"
    source.write_text(CHECK % SOURCE)
    subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-fsanitize=undefined", "-o", program, source], check=True)
    done = subprocess.run([program], capture_output=True, text=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
