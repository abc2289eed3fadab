# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

PREFIX ?= /usr/local
DESTDIR ?=
FILE ?=
TREE := $(CURDIR)/build/prefix
VENV := .venv/current
CARGO := cargo
RELEASE := target/release

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build demo test bench install lint header venv \
	rust prefix testees need-c test-rust test-loom test-c test-docs test-conformance test-demo

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: rust prefix testees ## build everything, the testees too

demo: rust prefix ## stream a real file (FILE=…) through liboap into the gateway, then hostile bytes
	@tests/demo/run $(if $(FILE),"$(FILE)")

test: lint build test-rust test-c test-conformance test-docs test-demo ## run everything
	@echo "make test: all of it passed"

bench: rust ## print what a frame costs, and ratios to a hand-written floor
	$(RELEASE)/oap-bench

install: rust ## install liboap: PREFIX=/usr/local DESTDIR=
	PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" tools/install

lint: ## formatting and lints, without changing anything
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

header: ## write include/oap.h anew from the comments of oap-ffi
	OAP_WRITE_HEADER=1 $(CARGO) test -q -p oap-ffi --test header

venv: $(VENV) ## the Python environment of tests and tools

# ---------------------------------------------------------------------------

rust:
	@tools/need cargo:cargo cc:gcc
	$(CARGO) build --release --workspace

prefix: rust
	@PREFIX="$(TREE)" tools/install

need-c:
	@tools/need gcc:gcc make:make cmake:cmake pkg-config:pkg-config valgrind:valgrind \
		nm:binutils /usr/include/jansson.h:libjansson-dev

testees: prefix need-c
	@$(MAKE) --no-print-directory -C tests/conformance/c

$(VENV): tests/requirements.txt
	@tools/need python3:python3 protoc:protobuf-compiler
	@tools/need "$$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')/ensurepip:python3-venv"
	[ -x .venv/bin/python ] || python3 -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt
	@touch $@

test-rust: test-loom
	$(CARGO) test --workspace --all-features

test-loom:
	RUSTFLAGS="--cfg loom" $(CARGO) test -q -p oap --lib --release --target-dir target/loom loom

test-c: build
	tests/c/run

test-conformance: testees venv
	python3 tests/conformance/run.py
	.venv/bin/python -m pytest -q tests/conformance tests/vectors

test-docs: testees venv
	.venv/bin/python -m pytest -q tests/docs

test-demo: rust prefix venv
	.venv/bin/python -m pytest -q tests/demo
