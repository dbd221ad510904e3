# `make demo` and `make test` do everything on a fresh machine: each makes the environment first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
DEMO := demo
AARCH64_CACHE ?= .aarch64

.PHONY: env demo test test-aarch64 test-nightly zoo lint docs bench clean

env: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "edgeconv needs Python 3.10 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -e '.[dev]'
	$(BIN)/pip check
	touch $@

demo: env
	$(BIN)/edgeconv export eco-lite-4d-add --target tflite --out $(DEMO)/eco-lite-4d-add-tflite
	@echo
	@echo "bundle: $(CURDIR)/$(DEMO)/eco-lite-4d-add-tflite"
	@echo "report: $(CURDIR)/$(DEMO)/eco-lite-4d-add-tflite/report.html"

test: env
	$(BIN)/pytest -n $(JOBS) -m 'not nightly'

# A bundle's self-test on a Raspberry Pi's architecture: emulated, with Debian's packages and the Pi's own wheels.
test-aarch64: env
	PYTHONPATH=tests $(BIN)/python -m aarch64 --cache $(AARCH64_CACHE) $(AARCH64)

test-nightly: env
	$(BIN)/pytest -n $(JOBS)
	$(MAKE) test-aarch64 AARCH64=--full

# Half an hour on two cores; a second run exports only what has changed.
zoo: env
	PYTHONPATH=tests $(BIN)/python -m zoo --threads $(JOBS) --page docs/networks.md

lint: env
	$(BIN)/ruff check toolchain models tests benchmarks
	$(BIN)/ruff format --check toolchain models tests benchmarks
	$(BIN)/mypy --strict -p edgeconv -p edgeconv_models

docs: env
	$(BIN)/python -c 'from edgeconv.targets import docs_table; print(docs_table(), end="")' > docs/targets.md
	$(BIN)/python -m edgeconv.lowering.docs > docs/lowering.md

bench: env
	$(BIN)/python benchmarks/run.py all --out benchmarks/results.json

clean:
	rm -rf $(VENV) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
