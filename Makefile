# make compare   the main job: select, poll and epoll on real descriptors, as a table and a picture
# make test      all tests
# make cpython   all of CPython's own asyncio and subprocess tests on pymux.compat (minutes)
# make model     random scripts for the kernel and the model of epoll, others each time (minutes)
# make diagnose  precision and recall of `pymux diagnose`, damaged logs, servers of others, its speed
# make fuzz      odd arguments at every call and buffer, for SECONDS
# make newer     all tests, with the older calls made by the newer ones, as on arm64
# make arm64     build and try pymux in an emulated Debian on arm64 (minutes); make riscv64: the same there
# make python3.14  what another Python can change, in a root of Debian sid (minutes); make python3.15: the same
# make freethreaded  the same on a Python without a GIL, which is built first (minutes)
# make gradescope  an autograder of `pymux course gradescope`, run as there in a fresh Debian root (a minute)
# make restricted all labs with few descriptors, without the network, under seccomp, … (minutes)
# make sanitize  all tests under AddressSanitizer and UndefinedBehaviorSanitizer (TESTS=… for some)
# make valgrind  one round of every call under valgrind
# make browser   the report's page and the documentation site in a real Chromium
# make docs      the documentation site, into build/site (open build/site/index.html; no page needs the network)
# make figures   measure again what the site's pages quote, into docs/measured (minutes, on a quiet machine)
# make published  measure again what others published, as docs/published.md (a minute, on a quiet machine)
# make wheels    into dist/: wheels for glibc and musl on x86-64 and arm64, from any machine; those for a
#                free-threaded Python too where PYTHON_FREE_THREADED=… names one (.ci/build-free-threaded makes one)
# make check     lint, types, cross compiles, and the wheel on the other Pythons of this machine
#
# Each creates .venv and installs what it needs there; nothing else of the machine is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := pyproject.toml CMakeLists.txt $(wildcard csrc/*) $(shell find pymux -type f -not -name '*.pyc')

.PHONY: python3.14 python3.15 freethreaded gradescope compare docs figures published diagnose test newer newer-few arm64 riscv64 restricted browser cpython check lint types cross wheel wheels overhead slopes servers load soak claims model fuzz fuzz-briefly sanitize sanitize-few valgrind verdicts clean

compare: $(VENV)/lab
	$(BIN)/pymux compare

test: $(VENV)/test
	$(BIN)/pytest

cpython: $(VENV)/test
	$(BIN)/python tests/cpython_suite.py selectors test.test_asyncio test.test_subprocess

browser: $(VENV)/browser
	@command -v chromium >/dev/null || { echo 'No chromium here (Debian: apt install chromium).'; exit 1; }
	$(BIN)/pytest tests/browser tests/docs

check: lint types cross wheel

# The last checks the words: .ci/vocabulary.txt has those that pymux does not use, and what it says instead.
lint: $(VENV)/check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/actionlint
	$(BIN)/codespell

types: $(VENV)/check
	$(BIN)/mypy

cross:
	.ci/cross-compile

wheel: $(VENV)/check
	.ci/test-wheel $(BIN)/python

wheels: $(VENV)/wheels
	.ci/build-wheels $(BIN)/python $(PYTHON_FREE_THREADED)

SECONDS ?= 600

soak: $(VENV)/lab
	$(BIN)/python bench/soak.py $(SECONDS)

servers: $(VENV)/lab
	$(BIN)/python bench/servers.py

load: $(VENV)/lab
	$(BIN)/python bench/load.py

# docs/claims.md from tests/claims
claims:
	$(PYTHON) tests/claims/generate.py

EXAMPLES ?= 20000
model: $(VENV)/test
	PYTHONPATH=tests $(BIN)/python tests/model/epoll_machine.py $(EXAMPLES)

# The servers that are not installed are left out, and said so.
DAMAGED ?= 10000
diagnose: $(VENV)/test
	@command -v strace >/dev/null || { echo 'No strace here (Debian: apt install strace).'; exit 1; }
	PYTHONPATH=tests $(BIN)/python tests/diagnose/scores.py
	PYTHONPATH=tests $(BIN)/python tests/diagnose/fuzz.py $(DAMAGED)
	PYTHONPATH=tests $(BIN)/python tests/diagnose/real_servers.py
	$(BIN)/python bench/diagnose.py

fuzz: $(VENV)/test
	PYTHONPATH=tests $(BIN)/python tests/safety/fuzz.py $(SECONDS)

# The interpreter is not instrumented: the sanitizers' libraries come before it, and its own leaks are no news.
# No faulthandler: it starts a thread with each test, and a fork() at that moment copies the locked allocator.
SANITIZED := .venv-sanitized
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g
TESTS ?= tests
sanitize: $(SANITIZED)/test
	LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" \
	    ASAN_OPTIONS=detect_leaks=0:log_path=$(CURDIR)/build/sanitized/report PYTHONMALLOC=malloc \
	    UBSAN_OPTIONS=print_stacktrace=1:log_path=$(CURDIR)/build/sanitized/report \
	    $(SANITIZED)/bin/pytest -o faulthandler_timeout=0 $(TESTS) || { cat build/sanitized/report.*; exit 1; }

# What CI has time for. The other folders make no calls of their own that `make test` has not shown.
newer-few: TESTS := $(addprefix tests/,raw sampling recorder compat compare labs servers faults claims model safety commands)
newer-few: newer
sanitize-few: TESTS := tests/claims tests/faults tests/safety
sanitize-few: sanitize
fuzz-briefly: SECONDS := 20
fuzz-briefly: fuzz

valgrind: $(VENV)/test
	PYTHONPATH=tests PYTHONMALLOC=malloc valgrind --quiet --error-exitcode=1 \
	    --suppressions=tests/safety/valgrind.supp $(BIN)/python tests/safety/exercise.py 50

$(SANITIZED)/test: $(SOURCES)
	$(PYTHON) -m venv $(SANITIZED) && $(SANITIZED)/bin/pip install --quiet --upgrade pip
	$(SANITIZED)/bin/pip install --quiet -Cbuild-dir=build/sanitized -Ccmake.define.CMAKE_C_FLAGS="$(SANITIZERS)" '.[lab,test]'
	touch $@

NEWER := .venv-newer
newer: $(NEWER)/test
	$(NEWER)/bin/pytest $(TESTS)

$(NEWER)/test: $(SOURCES)
	$(PYTHON) -m venv $(NEWER) && $(NEWER)/bin/pip install --quiet --upgrade pip
	$(NEWER)/bin/pip install --quiet -Cbuild-dir=build/newer -Ccmake.define.PYMUX_WITHOUT_OLD_CALLS=ON '.[lab,test]'
	touch $@

# Debian: apt install mmdebstrap qemu-user-static. WHEEL=… tries a wheel instead of this checkout.
EMULATED := python3-venv,python3-dev,gcc,libc6-dev,ca-certificates,strace
arm64:
	.ci/in-root bookworm arm64 $(EMULATED) .ci/try-here $(WHEEL)

# The registry has no wheels of compiled packages for riscv64: cffi is compiled, the others would take hours.
FROM_DEBIAN := libffi-dev,python3-setuptools,cmake,ninja-build,python3-numpy,python3-matplotlib,python3-typer
FROM_DEBIAN := $(FROM_DEBIAN),python3-rich,python3-jinja2,python3-prompt-toolkit,python3-pytest,python3-hypothesis
riscv64:
	FROM_DEBIAN=1 .ci/in-root trixie riscv64 $(EMULATED),$(FROM_DEBIAN) .ci/try-here $(WHEEL)

# Debian: apt install mmdebstrap. The newest Pythons, in roots of Debian sid.
SID := gcc,libc6-dev,ca-certificates,strace
python3.14: SID := $(SID),libpython3.14-testsuite
python3.14 python3.15:
	.ci/in-root sid $$(dpkg --print-architecture) $@-venv,$@-dev,$(SID) .ci/try-python $@

# Debian: apt install mmdebstrap.
BUILDS_PYTHON := gcc,make,pkg-config,xz-utils,libc6-dev,ca-certificates,strace,zlib1g-dev,libssl-dev,libffi-dev
freethreaded:
	VARIANT=minbase .ci/in-root sid $$(dpkg --print-architecture) $(BUILDS_PYTHON) \
	    sh -ec '.ci/build-free-threaded /opt/python; .ci/try-python /opt/python/bin/python3.14t'

# Debian: apt install mmdebstrap.
SOLUTION := pymux/course/exercises/echo_level/solution.c
gradescope: $(VENV)/lab
	rm -rf build/gradescope
	$(BIN)/pymux course gradescope --exercises echo-level build/gradescope
	VARIANT=minbase .ci/in-root bookworm $$(dpkg --print-architecture) python3,ca-certificates \
	    .ci/try-gradescope build/gradescope/*-echo-level.zip $(SOLUTION)

restricted: $(VENV)/test
	PYMUX_ALL_LABS=1 $(BIN)/pytest tests/labs/test_a_restricted_process_gets_reasons_and_no_traceback.py

overhead: $(VENV)/lab
	$(BIN)/python bench/overhead.py

slopes: $(VENV)/lab
	$(BIN)/python bench/slopes.py

verdicts: $(VENV)/lab
	$(BIN)/python -I -m pymux.report.verdicts docs/verdicts.md docs/measured/labs.json

docs: $(VENV)/docs
	$(BIN)/python docs/build.py build/site

figures: $(VENV)/lab
	$(BIN)/python docs/measure.py docs/measured

published: $(VENV)/test
	cd bench && ../$(BIN)/python -m published ../docs

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "pymux needs Python 3.10 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --upgrade pip || { rm -rf $(VENV); \
	    echo 'No environment could be made (Debian: apt install python3-venv).'; exit 1; }

# One stamp per set of extras; each is redone when a source changes.
$(VENV)/lab: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab]'
	touch $@

$(VENV)/test: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab,test]'
	touch $@

$(VENV)/docs: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab,docs]'
	touch $@

$(VENV)/browser: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab,test,browser,docs]'
	touch $@

# All of them at once, for CI.
$(VENV)/everything: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab,test,browser,docs,check]'
	touch $(VENV)/lab $(VENV)/test $(VENV)/browser $(VENV)/docs $(VENV)/check $@

$(VENV)/check: $(BIN)/python $(SOURCES)
	$(BIN)/pip install --quiet '.[lab,test,check]'
	touch $@

$(VENV)/wheels: $(BIN)/python pyproject.toml
	$(BIN)/pip install --quiet '.[wheels]'
	touch $@

clean:
	rm -rf build dist $(VENV) $(SANITIZED) $(NEWER)
