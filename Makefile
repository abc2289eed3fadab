# Everything a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

PREFIX ?= /usr/local
LIBDIR ?= lib
DESTDIR ?=
FILE ?=
TIME ?= 600
MINUTES ?= 30
PARTS ?=
TREE := $(CURDIR)/build/prefix
VENV := .venv/current
# What tools/toolchain had to fetch.
export PATH := $(CURDIR)/build/toolchains/bin:$(PATH)
PLACE = PREFIX="$(PREFIX)" LIBDIR="$(LIBDIR)" DESTDIR="$(DESTDIR)"
CARGO := cargo

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help build demo test bench install uninstall lint dashboard header abi alerts venv \
	toolchains rust prefix testees python node test-rust test-counts test-loom test-c test-cpp test-go test-python test-node \
	test-conformance test-examples test-oap test-docs test-demo test-prometheus test-runbook test-ops

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: rust prefix python node testees ## build everything, the testees too

demo: toolchains ## stream a real file (FILE=…) through liboap into the gateway, then hostile bytes, then an attack
	$(call first,target/release/oap,liboap and the gateway and the tool take some minutes on two cores and 750 MB at most in target)
	$(CARGO) build --release -p oap-ffi -p svc-gateway -p oap-cli
	@tests/demo/run $(if $(FILE),"$(FILE)")

# Told before what takes long the first time; nothing where the file is there.
first = @[ -e $(1) ] || echo "the first time: $(2)"

# One after the other: some of it measures, and two cores are soon full.
test: ## run everything, in all languages
	$(call first,target/release/oap,all of it takes an hour or more on two cores and some 10 GB with all that is installed)
	@for part in lint build test-rust test-counts test-loom test-model test-fuzz test-c test-cpp test-go test-python test-node \
		test-conformance test-examples test-oap test-docs test-demo test-prometheus test-runbook test-ops test-drills; do \
		echo "== make $$part"; $(MAKE) --no-print-directory $$part || exit; \
	done
	@echo "make test: all of it passed"

bench: build venv ## print what a frame, a call and a message end to end cost in each language, and draw it, in build/reports
	@tests/bench/report.py
	@tests/bench/e2e/build --peers
	@tests/bench/end_to_end.py

.PHONY: drill test-drills

# Frame pointers and line tables are for the profile of `connections`.
drill: toolchains ## attack, starve and soak a gateway (MINUTES=30 of it); reports go to build/reports/drills
	@tools/need perf:linux-perf addr2line:binutils strace:strace
	RUSTFLAGS="-C force-frame-pointers=yes" $(CARGO) build --profile drill -p svc-gateway -p oap-drills
	@mkdir -p build/reports/drills
	@for drill in hostile ack-chaos honest-large attacks 'connections --profile' 'amnesia-soak --minutes $(MINUTES)'; do \
		target/drill/oap-drills $$drill --report build/reports/drills/$${drill%% *}.md || exit; \
	done

install: toolchains ## install liboap: PREFIX=/usr/local LIBDIR=lib DESTDIR=
	oap-ffi/build
	@$(PLACE) BUILT=target/dist/release tools/install

uninstall: ## remove what `make install` has laid out, by the same variables
	@$(PLACE) tools/install --remove

PLATFORMS ?=

.PHONY: dist dist-all
dist: build venv ## make what is released, in all languages, in build/release with checksums, and try each in a clean place
	@tools/need pkg-config:pkg-config lintian:lintian
	rm -rf build/release
	oap-ffi/pack build/release
	sdk-python/pack build/release
	sdk-node/pack build/release
	bindings/go/pack build/release
	tools/dist/crates build/release
	tools/dist/source build/release
	tools/dist/conformance build/release
	python3 tools/dist/sbom build/release
	tools/dist/checksums build/release
	.venv/bin/python -m pytest -q tests/dist --ignore tests/dist/platforms

dist-all: venv ## make what is released for every platform of tools/dist/platforms (PLATFORMS="…"), and try what can run here
	tools/dist/all $(PLATFORMS)

# Rust may have come without one of them.
without = ! $(CARGO) $(1) --version >/dev/null 2>&1 && echo "lint: cargo $(1) is not here and is left out"

lint: toolchains ## formatting and lints, without changing anything
	@$(call without,fmt) || { set -x; $(CARGO) fmt --all --check && $(CARGO) fmt --manifest-path fuzz/Cargo.toml --check; }
	@$(call without,clippy) || { set -x; \
		$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings -D clippy::undocumented_unsafe_blocks && \
		$(CARGO) clippy -q -p oap --no-default-features --target-dir target/no-std -- -D warnings; }

dashboard: venv prefix ## draw the dashboard from a real Prometheus into docs/images
	@tools/need npm:npm prometheus:prometheus chromium:chromium
	@cd tests/ops/render && npm ci --silent
	.venv/bin/python tests/ops/render/render.py docs/images/dashboard.png

.PHONY: site
site: venv python ## build the site, with the references and the inspector, in build/site
	tools/site/build build/site

.PHONY: fuzz coverage gate record test-model test-fuzz

fuzz: ## run each fuzz target for TIME=600 seconds, with AddressSanitizer, and note it in fuzz/history.csv
	@tools/need g++:g++
	fuzz/run --asan --keep --seconds $(TIME)

coverage: ## the lines of oap and oap-ffi that tests run; fails below 98 %
	tests/coverage/run

gate: ## what takes longer than `make test` may, before a release: build/reports/gate-report.md (PARTS="coverage model")
	tests/gate/run.py $(PARTS)

record: ## for a release: what gate, drills and benchmarks reported last becomes the record in docs
	@test -d build/reports || { echo "build/reports does not exist: run make gate, make drill or make bench first"; exit 1; }
	cp -R build/reports/. docs/

header: ## write include/oap.h anew from the comments of oap-ffi
	OAP_WRITE_HEADER=1 $(CARGO) test -q -p oap-ffi --test header

abi: ## write the dump of the ABI, docs/api-history/liboap.abi, anew
	@tools/need gcc:gcc abidw:abigail-tools
	python3 tests/c/abi.py

alerts: venv ## write the alerts for the Prometheus operator anew from ops/prometheus
	.venv/bin/python tests/ops/prometheus_rule.py

venv: $(VENV) ## the Python environment of tests and tools

# ---------------------------------------------------------------------------

toolchains:
	@tools/toolchain rust
	@tools/need cc:gcc python3:python3

# maturin and napi build their own.
rust: toolchains
	$(call first,target/release/oap,all of Rust takes some ten minutes on two cores and 800 MB in target)
	$(CARGO) build --release --workspace --exclude oap-python --exclude oap-node

prefix: toolchains
	$(call first,target/release/svc-gateway,liboap and the gateway take some minutes on two cores and 400 MB in target)
	$(CARGO) build --release -p oap-ffi -p svc-gateway
	@PREFIX="$(TREE)" tools/install

python: venv
	sdk-python/build

node:
	@tools/toolchain node
	sdk-node/build

testees: prefix
	@tools/toolchain go
	@tools/need gcc:gcc g++:g++ make:make /usr/include/jansson.h:libjansson-dev \
		/usr/include/nlohmann/json.hpp:nlohmann-json3-dev /usr/include/zlib.h:zlib1g-dev
	@$(MAKE) --no-print-directory -C tests/conformance/c
	@$(MAKE) --no-print-directory -C tests/conformance/cpp
	@$(MAKE) --no-print-directory -C tests/conformance/hosts/c-host
	@$(MAKE) --no-print-directory -C tests/conformance/hosts/cpp-host
	bindings/go/build

$(VENV): tests/requirements.txt
	@tools/need python3:python3 protoc:protobuf-compiler
	@tools/least python3 3.11 'install a current Python'
	@tools/need "$$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')/ensurepip:python3-venv"
	$(call first,.venv/bin/python,the tools of Python take a minute or two to install and 840 MB in .venv)
	[ -x .venv/bin/python ] || python3 -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check -r tests/requirements.txt
	@touch $@

# Each part expects `make build`.

# By its path: a shell has a kill of its own.
test-rust:
	@tools/need /bin/kill:procps
	$(CARGO) test --workspace --exclude oap-python --exclude oap-node --exclude oap-cli --exclude oap-model --all-features

test-counts: venv
	@tools/need valgrind:valgrind
	tests/bench/counts.py
	.venv/bin/python -m pytest -q tests/bench

test-loom:
	RUSTFLAGS="--cfg loom" $(CARGO) test -q -p oap --lib --release --target-dir target/loom loom

test-model:
	tests/model/run

test-fuzz:
	@tools/need g++:g++
	fuzz/run --seconds 4

test-c:
	@tools/need cmake:cmake pkg-config:pkg-config valgrind:valgrind nm:binutils clang:clang \
		abidiff:abigail-tools prlimit:util-linux /usr/include/uv.h:libuv1-dev
	@tools/need "$$(clang -print-runtime-dir)/libclang_rt.asan-$$(uname -m).a:libclang-rt-$$(clang -dumpversion | cut -d. -f1)-dev"
	tests/c/test

test-cpp:
	tests/cpp/test
	tests/cpp/bench/bench

test-go:
	bindings/go/test

test-python: venv
	sdk-python/test

test-node:
	sdk-node/test
	sdk-node/wasm/test

test-conformance: venv
	python3 tests/conformance/run.py
	python3 tests/conformance/run.py --vectors tests/vectors/connection
	.venv/bin/python -m pytest -q -n 4 --dist worksteal tests/conformance tests/vectors

test-oap: venv
	@tools/need tshark:tshark script:bsdutils /bin/kill:procps
	$(CARGO) test -q -p oap-cli
	.venv/bin/python -m pytest -q oap-cli/tests/captures

test-examples: venv
	@tools/need /usr/include/httplib.h:libcpp-httplib-dev promtool:prometheus
	examples/build
	.venv/bin/python -m pytest -q -n 4 --dist worksteal examples

test-docs: venv
	.venv/bin/python -m pytest -q tests/docs tests/gate tests/names

test-demo: venv
	.venv/bin/python -m pytest -q -n 4 tests/demo

test-prometheus: venv
	@tools/need promtool:prometheus
	.venv/bin/python -m pytest -q tests/prometheus

test-ops: venv
	@tools/need tshark:tshark systemd-analyze:systemd strace:strace openssl:openssl promtool:prometheus /bin/kill:procps
	@.venv/bin/python tests/ops/kustomize.py >/dev/null # or both workers install it
	.venv/bin/python -m pytest -q -n 2 --dist loadfile tests/ops

test-runbook: venv
	.venv/bin/python -m pytest -q tests/runbook

test-drills:
	@tools/need strace:strace
	@for drill in hostile ack-chaos honest-large attacks connections 'amnesia-soak --minutes 0.15'; do \
		target/release/oap-drills $$drill --short || exit; \
	done
