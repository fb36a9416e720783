// A QEMU TCG plugin that counts executed guest instructions, exactly: `linnet profile` compiles and loads it.
//
//   -plugin libicount.so,mark=ADDRESS,out=FILE[,skip=ADDRESS,skip=ADDRESS]
//
// At each entry to the function at ADDRESS it writes "M <instructions so far>"; when QEMU ends it writes, for everything
// between the first two marks, "P <pc> <times executed>". What lies between the two addresses to skip does not count. The plugin
// API (version 1) is declared here, as Debian's QEMU comes without its header.

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MAX_PCS (1u << 18)

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

EXPORT int qemu_plugin_version = 1;

static uint64_t mark_address;
static uint64_t skip[2];
static FILE *out;
static uint64_t total;
static int marks;
static uint64_t pcs[MAX_PCS];        // open addressing; 0: free, else the address + 1
static uint64_t counts[MAX_PCS];     // since the start
static uint64_t at_first[MAX_PCS];   // at the first mark
static uint64_t at_second[MAX_PCS];  // at the second

static void on_mark(unsigned cpu, void *data) {
    (void)cpu, (void)data;
    fprintf(out, "M %" PRIu64 "\n", total);
    if (++marks <= 2) {
        memcpy(marks == 1 ? at_first : at_second, counts, sizeof(counts));
    }
}

static size_t slot(uint64_t pc) {
    size_t i = (size_t)(pc * 0x9e3779b97f4a7c15u >> 46);
    while (pcs[i] != 0 && pcs[i] != pc + 1) {
        i = (i + 1) % MAX_PCS;
    }
    pcs[i] = pc + 1;
    return i;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        const uint64_t pc = qemu_plugin_insn_vaddr(insn);
        if (pc == mark_address) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, 0, NULL);
        }
        if (pc >= skip[0] && pc < skip[1]) {
            continue;
        }
        qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &total, 1);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, 0, &counts[slot(pc)], 1);
    }
}

static void on_exit_(qemu_plugin_id_t id, void *data) {
    (void)id, (void)data;
    for (size_t i = 0; i < MAX_PCS; i++) {
        if (at_second[i] > at_first[i]) {
            fprintf(out, "P %" PRIx64 " %" PRIu64 "\n", pcs[i] - 1, at_second[i] - at_first[i]);
        }
    }
    fclose(out);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "mark=", 5) == 0) {
            mark_address = strtoull(argv[i] + 5, NULL, 0);
        } else if (strncmp(argv[i], "skip=", 5) == 0) {
            skip[0] = skip[1];
            skip[1] = strtoull(argv[i] + 5, NULL, 0);
        } else if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        }
    }
    if (out == NULL) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_, NULL);
    return 0;
}
