# The core as a library for the host: build/host/liblinnet.so, and liblinnet-san.so with ASan and UBSan for the tests.
# Sources are found, not listed; a run with nothing to do costs milliseconds, so host/linnet/core.py calls it before it loads.
#
#     make -f device/host.mk            # the library
#     make -f device/host.mk sanitized  # what the tests use: the library, and a C program over it
#     make -f device/host.mk race       # a program of two threads under ThreadSanitizer

DEVICE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
BUILD ?= $(DEVICE)/../build
OUT := $(BUILD)/host

SOURCES := $(wildcard $(DEVICE)/kernels/*.c $(DEVICE)/kernels/*/*.c $(DEVICE)/runtime/*.c)
HEADERS := $(wildcard $(DEVICE)/kernels/*.h $(DEVICE)/kernels/*/*.h $(DEVICE)/runtime/*.h)

CFLAGS ?= -O2
# Every core's tuned kernels are in it, as their portable twins. No fused multiply-adds: floats are to come out alike everywhere.
CORE_FLAGS := -std=c99 -ffp-contract=off -fPIC -shared -DLINNET_ALL_CORES
WARNINGS := -Wall -Wextra -Wconversion -Werror
SANITIZERS := -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

.PHONY: library sanitized race
library: $(OUT)/liblinnet.so
sanitized: $(OUT)/liblinnet-san.so $(OUT)/check_blobs
race: $(OUT)/race

# Written beside and renamed, so that a program which loads it meanwhile finds a whole file.
$(OUT)/liblinnet.so: $(SOURCES) $(HEADERS) $(lastword $(MAKEFILE_LIST))
	@mkdir -p $(OUT)
	$(CC) $(CORE_FLAGS) $(CFLAGS) $(SOURCES) -o $@.$$PPID && mv $@.$$PPID $@

$(OUT)/liblinnet-san.so: $(SOURCES) $(HEADERS) $(lastword $(MAKEFILE_LIST))
	@mkdir -p $(OUT)
	$(CC) $(CORE_FLAGS) $(CFLAGS) $(WARNINGS) $(SANITIZERS) $(SOURCES) -o $@.$$PPID && mv $@.$$PPID $@

$(OUT)/check_blobs: $(DEVICE)/../tests/blob/check_blobs.c $(SOURCES) $(HEADERS) $(lastword $(MAKEFILE_LIST))
	@mkdir -p $(OUT)
	$(CC) $(filter-out -shared -std=c99,$(CORE_FLAGS)) -std=c11 $(CFLAGS) $(WARNINGS) $(SANITIZERS) $< $(SOURCES) -o $@.$$PPID && mv $@.$$PPID $@

$(OUT)/race: $(DEVICE)/../tests/cores/race.c $(SOURCES) $(HEADERS) $(lastword $(MAKEFILE_LIST))
	@mkdir -p $(OUT)
	$(CC) -std=gnu11 -O1 -g -fsanitize=thread -ffp-contract=off -DLINNET_ALL_CORES $(WARNINGS) $< $(SOURCES) -o $@.$$PPID -lpthread && mv $@.$$PPID $@
