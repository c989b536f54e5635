# Two commands on a fresh machine: `make demo` (the page on the embedded demo device) and `make test`.
VENV := .venv
BIN := $(VENV)/bin
# Debian's packages that the tests talk to; python3-venv for the environment itself.
PACKAGES := openssh-server openssh-client dropbear-bin tinysshd ucspi-tcp iptables iproute2 procps chromium chromium-headless-shell busybox python3-venv nodejs npm \
	zsh mksh tcsh csh fish dash yash ksh93u+m sudo bsdutils postgresql systemd caddy

.PHONY: demo demo-bench demo-lab lab run test tested beside page tables schema quick lint deps packages lock shots pictures bench clean

demo: $(BIN)/.run ## the page with the demo device
	$(BIN)/python app.py --demo

demo-bench: $(BIN)/.run ## the page with four demo boards, of which one is pulled now and then
	$(BIN)/python app.py --demo 4

demo-lab: $(BIN)/.lab ## a hub and two benches with four demo boards each, and the hub's page
	$(BIN)/python -m tools.demo_lab

lab: $(BIN)/.lab ## what a hub, or a bench that joins one, needs

run: $(BIN)/.run ## the page for the device of .env
	$(BIN)/python app.py

# Compiled files are kept, also where the environment says no: hundreds of short programs start in the tests.
test: export PYTHONDONTWRITEBYTECODE =
test: ## everything: ruff, mypy, import-linter, the page's scripts, all tests; faults first: they are bounded in time
	@$(MAKE) --no-print-directory -j2 deps
	@$(MAKE) --no-print-directory -j3 tested beside

# What failed beside other tests is asked once more by itself, in a new process; only that can make it good.
tested:
	$(BIN)/python -m pytest -p tests.side_by_side --forks 4 --timeout=180 -ra \
		|| { [ $$? = 1 ] && $(BIN)/python -m pytest --timeout=180 --last-failed --last-failed-no-failures=none -ra; }

# Faults mostly wait, and they come first. What is not bounded in time takes what they leave of the processors.
beside:
	@nice -n 19 $(MAKE) --no-print-directory --output-sync=target lint page

quick: lint ## what needs no server and no browser
	$(BIN)/python -m pytest --timeout=60 tests/unit tests/web

lint: $(BIN)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/lint-imports

page: deps tools/page/node_modules/.done ## types, lint and unit tests of the page's scripts (Node 18 or later)
	$(BIN)/python -m tests.openapi_file tools/page/openapi.json
	npm run --silent --prefix tools/page types
	npm run --silent --prefix tools/page lint
	npm run --silent --prefix tools/page test

tools/page/node_modules/.done: tools/page/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix tools/page
	@touch $@

deps: $(BIN)/.dev packages

# Beside Python's packages: both wait for the network. Not beside venv.sh, which may have to install one.
packages: | $(BIN)/python
	@sh tests/deps.sh $(PACKAGES)

# Pins what pyproject.toml asks for, for all systems at once.
tables: $(BIN)/.dev ## the tables of README.md and docs, from the code
	$(BIN)/python -m tests.readme_tables

reads: $(BIN)/.dev ## what each parser's readings hold, from the saved texts
	$(BIN)/python -m tests.reads
	$(BIN)/ruff format -q utils/judging/parsers

schema: $(BIN)/.dev ## the JSON Schemas of docs/schema, from the code
	$(BIN)/python -m tests.schemas

shots: deps ## every page and state, four sizes, both themes: shots/index.html; STATES="row live" takes some
	$(BIN)/python -m tests.browser.sheet $(STATES)

pictures: deps ## the pictures of README.md, of the demo device
	$(BIN)/python -m tests.browser.shots

lock: $(BIN)/.dev
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml --extra lab --group dev -o requirements-dev.txt
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml --extra lab -c requirements.txt -o requirements-lab.txt

$(BIN)/python:
	@sh tests/venv.sh $(VENV) $(PYTHON)

# Copied, not linked: the script finds its checkout by where it is.
$(BIN)/v3: tools/v3 | $(BIN)/python
	install -m 755 tools/v3 $@

$(BIN)/.run: requirements.txt $(BIN)/v3 | $(BIN)/python
	@sh tests/install.sh $(VENV) requirements.txt
	@touch $@

$(BIN)/.lab: requirements-lab.txt $(BIN)/.run
	@sh tests/install.sh $(VENV) requirements-lab.txt
	@touch $@

$(BIN)/.dev: requirements-dev.txt $(BIN)/v3 | $(BIN)/python
	@sh tests/install.sh $(VENV) requirements-dev.txt
	@touch $@ $(BIN)/.run $(BIN)/.lab

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

bench: .venv-bench/.done ## speed against every peer, in one run; needs root; BENCH=--quick for about a minute
	.venv-bench/bin/python -m tests.bench $(BENCH)

.venv-bench/.done: tests/bench/requirements.txt
	@sh tests/venv.sh .venv-bench $(PYTHON)
	@sh tests/install.sh .venv-bench tests/bench/requirements.txt
	@touch $@

# 12.x: a newer lighthouse wants a newer Node than Debian has.
.lighthouse/.done:
	@mkdir -p .lighthouse
	npm install --silent --no-audit --no-fund --prefix .lighthouse lighthouse@12.8.2
	@touch $@

lighthouse: $(BIN)/.lab .lighthouse/.done ## Lighthouse of every page on demo devices; below 100 (slow phone: 95) fails
	$(BIN)/python -m tests.bench.lighthouse

.PHONY: faults soak soak-bench soak-lab scale fuzz lighthouse

fuzz: $(BIN)/.dev ## the API and every reader of untrusted bytes, with twenty times the cases of make test
	V3_FUZZ=large $(BIN)/python -m pytest --timeout=3600 -m hypothesis tests/unit tests/web
	V3_FUZZ=large $(BIN)/python -m pytest --timeout=3600 tests/unit/test_signatures.py tests/unit/test_linear.py tests/unit/test_truth.py tests/unit/test_replacing.py

faults: deps ## the fault matrix: every row, as a table (needs root for most of them)
	$(BIN)/python -m tests.faults

SWAPS ?= 1000
soak-bench: deps ## eight boards of one address, swapped at random: make soak-bench SWAPS=200
	$(BIN)/python -m tests.faults.swaps --swaps $(SWAPS)

LAB_MINUTES ?= 10
soak-lab: deps ## a hub with PostgreSQL, two benches, two hundred faults of eight kinds: make soak-lab LAB_MINUTES=10
	$(BIN)/python -m tests.faults.soak_lab --minutes $(LAB_MINUTES)

scale: deps ## a hub with PostgreSQL and 1,000 simulated boards at 50 benches: what it takes; SCALE=--write writes docs/scale.md
	$(BIN)/python -m tests.bench.scale $(SCALE)

MINUTES ?= 30
soak: deps ## random faults while eight threads work: make soak MINUTES=5
	$(BIN)/python -m tests.faults.soak --minutes $(MINUTES)

.PHONY: kit kit-try

kit: $(BIN)/.dev ## one zip for laptops without the internet: program, wheels for all systems, start.sh, start.cmd
	$(BIN)/python -m tools.kit.build

kit-try: deps ## the kit where there is no network; for other systems every requirement against its wheels alone
	$(BIN)/python -m tests.kit
