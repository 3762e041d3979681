# mview-inspect: what memory does an object export?
#
#   make demo      on a fresh machine: install what is missing, build, show
#   make check     install what the tests need, and run them all
#
# Settings: PYTHON=/path/to/python3.X (default: pkg-config's python3-embed),
# CC, CFLAGS, PREFIX, DESTDIR, BUILD; PYTHONS="python3.X python3.Y ..." to install
# for several; ENGINE, where what depends on the Python is built.

BUILD ?= build
ENGINE ?= $(BUILD)
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
PYTHON ?=

VERSION := 0.2.0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# --- what is built ----------------------------------------------------------

PURE := base format memory value walk dump files archive foreign pickle recipe source protocol judge reproduce known trial ledger environment audit options
KNOW_PYTHON := holders python probe offer trace
PURE_SOURCES := $(foreach dir,$(PURE),$(wildcard src/$(dir)/*.c))
PYTHON_SOURCES := $(foreach dir,$(KNOW_PYTHON),$(wildcard src/$(dir)/*.c))
CLI_SOURCES := $(wildcard src/report/*.c src/cli/*.c)
ENGINE_SOURCES := $(wildcard src/engine/*.c)
LAUNCH_SOURCES := $(wildcard src/launch/*.c)
UNIT_SOURCES := $(wildcard tests/unit/*/test_*.c)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
PURE_OBJECTS := $(call objects,$(PURE_SOURCES))
PYTHON_OBJECTS := $(patsubst %.c,$(ENGINE)/%.o,$(PYTHON_SOURCES))
CLI_OBJECTS := $(call objects,$(CLI_SOURCES))
ENGINE_OBJECTS := $(call objects,$(ENGINE_SOURCES))
LAUNCH_OBJECTS := $(call objects,$(LAUNCH_SOURCES))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SOURCES))

# As they are installed: the program, and beside it the engine, which is its way to Python (src/launch/engine.h).
PROGRAM := $(ENGINE)/mview-inspect
LAUNCHER := $(ENGINE)/bin/mview-inspect
LIBEXEC := $(ENGINE)/libexec/mview-inspect
LIBRARY := $(BUILD)/libmview.a

WARNINGS := -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion
ALL_CPPFLAGS = -Isrc -D_GNU_SOURCE=1 $(CPPFLAGS)
ALL_CFLAGS = $(WARNINGS) -fPIC -fno-strict-aliasing -MMD -MP $(CFLAGS)
LINK = $(CC) $(CFLAGS) -pthread $(LDFLAGS)

# --- the Python to build for ------------------------------------------------

# Goals that come before anything is installed, or need no library, do without; `demo`
# and `check` install first and leave the work to a second make.
BUILDS := $(filter-out clean deps% dist deb demo check check-headers check-fresh check-wheel matrix engines install uninstall .ci,$(or $(MAKECMDGOALS),all))
ifneq ($(BUILDS),)
ZLIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags zlib)
ZLIB_LIBS := $(shell $(PKG_CONFIG) --libs zlib)
endif

NEEDS_PYTHON := $(filter-out unit fuzz,$(BUILDS))
ifneq ($(NEEDS_PYTHON),)
include $(ENGINE)/python.mk
ENGINE_FILE := $(LIBEXEC)/mview-inspect-$(PY_TAG)$(if $(PY_SHARED),.so)
JANSSON_CFLAGS := $(shell $(PKG_CONFIG) --cflags jansson)
JANSSON_LIBS := $(shell $(PKG_CONFIG) --libs jansson)
endif

# Keep what a command says, where that is news: what depends on it is then built again.  Other makes may do the same.
keep_news = new=$@.$$$$; $(1) >$$new && { cmp -s $$new $@ || mv $$new $@; }; status=$$?; rm -f $$new; exit $$status

$(ENGINE)/python.mk: FORCE
	@mkdir -p $(ENGINE)
	@$(call keep_news,PKG_CONFIG='$(PKG_CONFIG)' CC='$(CC)' CFLAGS='$(CFLAGS)' sh src/tools/python-flags '$(PYTHON)')

$(BUILD)/flags: FORCE
	@mkdir -p $(BUILD)
	@$(call keep_news,echo '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS)')

$(BUILD)/commit: FORCE
	@mkdir -p $(BUILD)
	@$(call keep_news,sh src/tools/commit)

# --- building ---------------------------------------------------------------

.PHONY: all
all: $(LAUNCHER) $(ENGINE_FILE)

$(PURE_OBJECTS) $(call objects,$(UNIT_SOURCES)): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(call objects,$(UNIT_SOURCES)): ALL_CPPFLAGS += -Itests/unit
$(BUILD)/src/archive/%.o: ALL_CPPFLAGS += $(ZLIB_CFLAGS)

$(CLI_OBJECTS) $(ENGINE_OBJECTS) $(LAUNCH_OBJECTS): $(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(JANSSON_CFLAGS) $(ALL_CFLAGS) -c -o $@ $<

# What --version tells.
$(BUILD)/src/engine/engine.o: $(BUILD)/commit Makefile
$(BUILD)/src/engine/engine.o: ALL_CPPFLAGS += -DMVIEW_VERSION='"$(VERSION)"' -DMVIEW_COMMIT="\"$$(cat $(BUILD)/commit)\""

$(PYTHON_OBJECTS): $(ENGINE)/%.o: %.c $(BUILD)/flags $(ENGINE)/python.mk
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(PY_CFLAGS) $(PY_DEFINES) $(ALL_CFLAGS) -c -o $@ $<

$(LIBRARY): $(PURE_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

LIBS = $(JANSSON_LIBS) $(ZLIB_LIBS) -lm -ldl

# Knows nothing of Python.
$(LAUNCHER): $(filter-out %/linked.o,$(LAUNCH_OBJECTS)) $(CLI_OBJECTS) $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)
	@ln -sf bin/mview-inspect $(PROGRAM)

# A shared object, or where Python is none, a program; what was built for another Python goes.
ENGINE_PARTS := $(ENGINE_OBJECTS) $(CLI_OBJECTS) $(PYTHON_OBJECTS) $(LIBRARY)

$(LIBEXEC)/%.so: $(ENGINE_PARTS) src/engine/exports.map
	@mkdir -p $(@D) && rm -f $(@D)/*
	$(LINK) -shared -Wl,--version-script=src/engine/exports.map -o $@ $(ENGINE_PARTS) $(ENGINE_LDFLAGS) $(PY_LIBS) $(LIBS)

$(LIBEXEC)/%: $(BUILD)/src/launch/linked.o $(BUILD)/src/launch/exit.o $(ENGINE_PARTS)
	@mkdir -p $(@D) && rm -f $(@D)/*
	$(LINK) -o $@ $^ $(ENGINE_LDFLAGS) $(PY_LIBS) $(LIBS)

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(ZLIB_LIBS) -lm

# The pure side as one shared library, for tests that drive it from Python (ctypes).
$(BUILD)/libmview.so: $(PURE_OBJECTS)
	$(LINK) -shared -o $@ $^ $(ZLIB_LIBS) -lm

-include $(wildcard $(BUILD)/src/*/*.d $(ENGINE)/src/*/*.d $(BUILD)/tests/unit/*/*.d)

# --- for a fresh machine ----------------------------------------------------

# Debian's or Ubuntu's packages, by need; elsewhere it says what to install.
install_deps = @PYTHON='$(PYTHON)' CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' sh src/tools/deps

.PHONY: deps deps-build deps-test deps-real deps-package
deps:
	$(install_deps) build test fuzz

deps-build:
	$(install_deps) build

deps-test:
	$(install_deps) build test

# Environments of the real libraries.
deps-real:
	$(install_deps) real

deps-package:
	$(install_deps) package

.PHONY: demo
demo: deps-build
	@$(MAKE) --no-print-directory --silent all
	@sh src/tools/demo $(abspath $(PROGRAM))

# --- tests ------------------------------------------------------------------

# What is tested beside the unit tests: each prints TAP.
BATS_TESTS := $(sort $(wildcard tests/bats/*.bats))
ORACLE_TESTS := $(sort $(wildcard tests/oracle/*.py))
LINT_TESTS := $(sort $(wildcard tests/lint/*))

# Tests find what they test here.
TEST_ENV = MVIEW=$(abspath $(PROGRAM)) MVIEW_LIBRARY=$(abspath $(BUILD)/libmview.so) MVIEW_BUILD=$(abspath $(ENGINE)) \
	MVIEW_PYTHON=$(PY_EXE)

.PHONY: check
check: deps-test
	@$(MAKE) --no-print-directory --silent check-all

.PHONY: check-all
check-all: all $(UNIT_TESTS) $(BUILD)/libmview.so exporters consumers
	@$(TEST_ENV) sh tests/run $(UNIT_TESTS) $(ORACLE_TESTS) $(BATS_TESTS) $(LINT_TESTS)

.PHONY: check-program
check-program: all exporters consumers
	@$(TEST_ENV) sh tests/run $(BATS_TESTS)

# What depends on the Python; and that for every Python that is found, or those of PYTHONS.
.PHONY: check-engine
check-engine: all $(BUILD)/libmview.so exporters consumers
	@$(TEST_ENV) sh tests/run $(ORACLE_TESTS) $(filter-out %/completions.bats %/deps.bats %/launcher.bats,$(BATS_TESTS))

.PHONY: matrix
matrix:
	@MAKE='$(MAKE)' BUILD='$(BUILD)' PYTHONS='$(PYTHONS)' sh src/tools/matrix

# The newest Python that headers can be had of: is this still C that it knows?
.PHONY: check-headers
check-headers:
	@CC='$(CC)' BUILD='$(BUILD)' FLAGS='$(ALL_CPPFLAGS) $(WARNINGS) -Werror -fno-strict-aliasing' \
		sh src/tools/check-headers $(PYTHON_SOURCES) $(wildcard tests/exporters/*.c) \
			$(filter-out %/by_numpy.c,$(wildcard tests/consumers/*.c))

# As root: a newcomer's first commands in a fresh Debian, of each suite (debootstrap; minutes).
SUITES ?= bookworm trixie
.PHONY: check-fresh
check-fresh:
	@sh src/tools/check-fresh $(SUITES)

# aarch64 and s390x under qemu, where Debian's cross compilers are (`make deps-cross`); musl, where musl-gcc is.
.PHONY: check-cross
check-cross: all
	@MAKE='$(MAKE)' BUILD='$(BUILD)' PROGRAM='$(abspath $(PROGRAM))' sh src/tools/check-cross

.PHONY: check-musl
check-musl: all
	@MAKE='$(MAKE)' BUILD='$(BUILD)' FLAGS='$(ALL_CPPFLAGS) $(WARNINGS) -Werror -fno-strict-aliasing' \
		sh src/tools/check-musl $(PYTHON_SOURCES) $(ENGINE_SOURCES)

.PHONY: deps-cross
deps-cross:
	$(install_deps) build cross

.PHONY: unit
unit: $(UNIT_TESTS)
	@RUNNER='$(RUNNER)' sh tests/run $^

.PHONY: lint
lint: all
	@$(TEST_ENV) sh tests/run $(LINT_TESTS)

# The broken and the right exporters that --check is tested on.
.PHONY: exporters
exporters:
	@$(MAKE) --no-print-directory -C tests/exporters BUILD=$(abspath $(ENGINE)) PYTHON='$(PY_EXE)' CC='$(CC)'

# The broken and the right consumers that --check --consumer is tested on; those of Cython, pybind11 and NumPy where the
# Python has these.
.PHONY: consumers
consumers:
	@$(MAKE) --no-print-directory -C tests/consumers BUILD=$(abspath $(ENGINE)) PYTHON='$(PY_EXE)' CC='$(CC)' CXX='$(CXX)'

SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# CPython leaves memory at exit: leaks are looked for in the pure side's tests only.
.PHONY: asan
asan:
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' unit
	@ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0:allocator_may_return_null=1:handle_segv=0:handle_sigbus=0 $(MAKE) --no-print-directory BUILD=$(BUILD)/asan CFLAGS='$(SANITIZE)' check-program

# Files of the real libraries, made by them in an environment of its own, and their objects: needs PyPI, and a GB.
REAL := $(BUILD)/real
$(REAL)/bin/.installed: tests/real/requirements.txt | deps-real
	$(PY_EXE) -m venv $(REAL)
	$(REAL)/bin/python -m pip install -q --disable-pip-version-check -r $<
	@touch $@

.PHONY: check-real
check-real: all $(REAL)/bin/.installed
	@rm -rf $(REAL)/files && mkdir $(REAL)/files
	@$(REAL)/bin/python tests/real/make.py $(REAL)/files
	@$(TEST_ENV) MVIEW_REAL=$(abspath $(REAL))/files ORACLE_PYTHON=$(abspath $(REAL))/bin/python \
		sh tests/run tests/real/compare.py
	@$(TEST_ENV) $(REAL)/bin/python tests/real/via.py

# What --requests says of consumers, against the consumers themselves, in an environment of their own: needs PyPI.
# CONSUMERS='zeros exporter' asks of the objects whose expressions hold one of these.  torch is that of check-real's.
.PHONY: check-consumers
check-consumers: all exporters deps-real
	@$(MAKE) --no-print-directory -C tests/verdicts BUILD=$(abspath $(ENGINE)) PYTHON='$(PY_EXE)' CC='$(CC)' CXX='$(CXX)'
	@$(TEST_ENV) MVIEW_TORCH='$(abspath $(wildcard $(REAL)/bin/python))' $(ENGINE)/verdicts/bin/python tests/verdicts/compare.py $(CONSUMERS)

# --- speed ------------------------------------------------------------------

# Against the peers that are there (`make deps-bench` installs them); BENCH_ROUNDS, BENCH_CLOCK: see the script.
.PHONY: bench
bench: all
	@$(TEST_ENV) python3 tests/bench/run.py

.PHONY: deps-bench
deps-bench:
	$(install_deps) bench

# --- fuzzing ----------------------------------------------------------------

FUZZ_SECONDS ?= 60
FUZZ_CC ?= clang
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

FUZZ_FLAGS := -std=c11 -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -MMD -MP

FUZZED := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(PURE_SOURCES))

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(ALL_CPPFLAGS) $(ZLIB_CFLAGS) $(FUZZ_FLAGS) -c -o $@ $<

$(BUILD)/fuzz/libfuzzed.a: $(FUZZED)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: $(BUILD)/fuzz/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/libfuzzed.a
	$(FUZZ_CC) -g -fsanitize=fuzzer,address,undefined -o $@ $^ $(ZLIB_LIBS) -lm

-include $(wildcard $(BUILD)/fuzz/src/*/*.d $(BUILD)/fuzz/tests/fuzz/*.d)

.PHONY: fuzz
fuzz: $(FUZZERS)
	@sh tests/fuzz/run $(FUZZ_SECONDS) $^

# --- survey -----------------------------------------------------------------

# What --check says of the ecosystem's exporters and consumers, as tests/survey/results*.md.  Needs PyPI, and minutes.
# SURVEY='numpy av' judges the groups whose names begin so, and leaves the tables.
.PHONY: survey
survey: all deps-real
	@$(MAKE) --no-print-directory -C tests/survey BUILD=$(abspath $(BUILD)) PYTHON='$(PY_EXE)' CC='$(CC)' CXX='$(CXX)'
	@$(BUILD)/survey/bin/python tests/survey/survey.py $(PROGRAM) $(SURVEY)

# --- installing -------------------------------------------------------------

bindir = $(DESTDIR)$(PREFIX)/bin
libexecdir = $(DESTDIR)$(PREFIX)/libexec/mview-inspect
mandir = $(DESTDIR)$(PREFIX)/share/man/man1
bashdir = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
zshdir = $(DESTDIR)$(PREFIX)/share/zsh/site-functions
fishdir = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
INSTALLED = $(bindir)/mview-inspect $(mandir)/mview-inspect.1 $(bashdir)/mview-inspect \
	$(zshdir)/_mview-inspect $(fishdir)/mview-inspect.fish

# The Pythons to install for: there is an engine for each, and the program picks one (src/launch).  The first is the
# default.
PYTHONS ?= $(PYTHON)
engines = @MAKE='$(MAKE) --no-print-directory' BUILD='$(BUILD)' BINDIR='$(bindir)' LIBEXECDIR='$(libexecdir)' \
	sh src/tools/engines $(1) $(PYTHONS)

.PHONY: engines
engines:
	$(call engines,build)

.PHONY: install
install:
	$(call engines,install)
	install -D -m 644 man/mview-inspect.1 $(mandir)/mview-inspect.1
	install -D -m 644 completions/mview-inspect $(bashdir)/mview-inspect
	install -D -m 644 completions/_mview-inspect $(zshdir)/_mview-inspect
	install -D -m 644 completions/mview-inspect.fish $(fishdir)/mview-inspect.fish

.PHONY: uninstall
uninstall:
	rm -f $(INSTALLED) $(libexecdir)/mview-inspect-* $(libexecdir)/default
	[ ! -d $(libexecdir) ] || rmdir $(libexecdir)

# Install into a scratch root, run what is there, uninstall: nothing may be left.
.PHONY: check-install
check-install: all
	@MAKE='$(MAKE) --no-print-directory' PYTHON='$(PY_EXE)' BUILD='$(BUILD)' sh src/tools/check-install

# A wheel for each Python that is found, or PYTHONS="...", in environments of every kind: needs PyPI, and minutes.
.PHONY: check-wheel
check-wheel: deps-real
	@BUILD='$(BUILD)' python3 src/tools/check-wheel $(PYTHONS)

# The source as an archive: of one commit always the same bytes.
.PHONY: dist
dist:
	@VERSION='$(VERSION)' BUILD='$(BUILD)' sh src/tools/dist

# A Debian package, out of that archive, for Debian's own Python.
.PHONY: deb
deb: deps-package dist
	@VERSION='$(VERSION)' BUILD='$(BUILD)' sh src/tools/deb/build

# --- the rest ----------------------------------------------------------------

.PHONY: clean
clean:
	rm -rf $(BUILD)

.PHONY: FORCE
FORCE:
