# Linnet: `make demo` and `make test` set up whatever they need. All they create lies under .venv/ and build/.

PYTHON ?= python3
BUILD := build
BIN := .venv/bin
# What Debian must have, be it as packages or not; clang is for the fuzz target, the last four are for the emulated Pico.
PACKAGES := build-essential pkg-config dpkg-dev python3 python3-venv ca-certificates \
	gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf \
	qemu-system-arm qemu-system-misc clang libclang-rt-14-dev cmake ninja-build nodejs npm
FUZZ_SECONDS ?= 600
JOBS ?= 2
# pip takes PyTorch's build for CPUs where it finds one (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL), else one of some GB.
TORCH ?= torch==2.13.0
DIST ?= $(BUILD)/dist

.DEFAULT_GOAL := help
.PHONY: help demo test test-operators test-torch test-faults setup packages boards natmod wheel mip fuzz bench bench-deploy bench-window quality clean

## help: list the targets
help:
	@sed -n 's/^## /  make /p' Makefile

## demo: pack a real model, deploy it to an emulated board, watch it classify
demo: setup natmod $(BUILD)/boards/qemu-m4f/firmware.elf
	$(BIN)/linnet demo

## test: build everything and run the tests
test: setup natmod boards
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests

## test-torch: PyTorch modules to emulated boards, with a PyTorch of their own (about 200 MB for CPUs alone; see TORCH)
test-torch: setup natmod $(BUILD)/boards/qemu-m4f/firmware.elf $(BUILD)/torch-venv/installed
	$(BIN)/python -c "from linnet.core import library; library()"
	LINNET_CORE=$(CURDIR)/$(BUILD)/host/liblinnet.so $(BUILD)/torch-venv/bin/python -m pytest tests/pytorch tests/docs -k "torch"

$(BUILD)/torch-venv/installed: pyproject.toml
	@echo "linnet: setting up $(BUILD)/torch-venv"
	@$(PYTHON) -m venv $(BUILD)/torch-venv
	@$(BUILD)/torch-venv/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' -e '.[dev,torch]'
	@touch $@

## test-operators: every recorded case of every operator, in every core's layouts
test-operators: setup
	$(BIN)/python -m pytest tests/kernels/test_vectors.py -k recorded

## test-faults: 240 deploys that go wrong on emulated boards, each to end in a board that works
test-faults: setup natmod boards
	LINNET_FAULTS=240 $(BIN)/python -m pytest tests/host/test_faults.py

## setup: Debian packages, .venv with Linnet and its tools, MicroPython's source
setup: packages .venv/installed
	@$(MAKE) --no-print-directory -C boards source

packages:
	@missing=""; for p in $(PACKAGES); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || command -v $$p > /dev/null || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
		echo "linnet: installing Debian packages:$$missing"; \
		if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
		$$sudo apt-get update -qq && \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing > /dev/null; \
	fi

.venv/installed: pyproject.toml setup.py
	@echo "linnet: setting up .venv"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[litert,dev]'
	@touch $@

## boards: the firmware of every emulated board
boards: setup
	@$(MAKE) --no-print-directory -C boards all

$(BUILD)/boards/%/firmware.elf: setup
	@$(MAKE) --no-print-directory -C boards $*

## natmod: the native modules and the board package, for every architecture
natmod: setup
	@$(MAKE) --no-print-directory -C device/natmod all

## wheel: the package as `pip install` gets it, with the native modules of every architecture
wheel: natmod
	@rm -rf $(BUILD)/wheel
	@echo "linnet: building a wheel into $(DIST)"
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(DIST) .

## mip: what `mpremote mip install` takes, a folder an architecture, in build/mip
mip: natmod
	@$(BIN)/python device/mip/lay_out.py $(BUILD) $(BUILD)/mip

## fuzz: libFuzzer on opening and running blobs, FUZZ_SECONDS (600) long
fuzz: setup
	@$(MAKE) --no-print-directory -C tests/fuzz run SECONDS=$(FUZZ_SECONDS)

## bench: executed instructions of every model, core and layout, against the peers; fails when a gate is missed
bench: setup
	$(BIN)/python tests/perf/bench.py

## bench-deploy: uploads against `mpremote fs cp`, on an emulated board
bench-deploy: setup natmod $(BUILD)/boards/qemu-m4f/firmware.elf
	$(BIN)/python tests/perf/bench_deploy.py

## quality: accuracy of the quantizer against MLPerf Tiny's int8 models; fails when a bar is missed
quality: setup
	$(BIN)/python tests/perf/quality.py

## bench-window: visual wake words, larger than RAM, through a weight window on the emulated Pico: heap, time, results
bench-window: setup natmod boards
	$(BIN)/python tests/perf/bench_window.py

## clean: remove what was built; .venv and MicroPython's source stay
clean:
	rm -rf $(BUILD)/boards $(BUILD)/natmod $(BUILD)/mpy $(BUILD)/host $(BUILD)/emulated $(BUILD)/fuzz
