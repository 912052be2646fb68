# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# One single-threaded process per core beats threads that spin against each other.
export OMP_WAIT_POLICY = passive

.PHONY: demo test check setup-demo setup-test format clean

demo: setup-demo
	$(BIN)/wellhead demo

test: export OPENBLAS_NUM_THREADS = 1
test: setup-test check
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: setup-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup-test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup-demo: $(VENV)/.demo
setup-test: $(VENV)/.test

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[demo]'
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable '.[audit,demo,collapse,lm,chat,evaluate,collect,engines,files,generate,languages,lineage,watch,test]'
	touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist
