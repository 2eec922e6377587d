# Two commands do everything on a fresh machine with Python 3.11+ and make:
#   make demo   train on real reviews, report, export, answer from the exported model
#   make test   lint, types and tests
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Of these only data files are read, so what they need themselves (PyTorch among it) is not installed.
ALONE := recbole==1.2.1 deepforest==2.1.0
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: demo test lint types check-tests notebook benchmark clean

demo: $(VENV)/.samples
	$(BIN)/sora run sentiment

test: lint types check-tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

check-tests: $(VENV)/.dev
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-fail-under=90 --durations=25

notebook: $(VENV)/.dev
	$(BIN)/python notebooks/execute.py notebooks/*.ipynb

benchmark: $(VENV)/.dev
	$(BIN)/python benchmarks/text.py
	$(BIN)/python benchmarks/image.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/recommender.py

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.samples: pyproject.toml setup.cfg Makefile | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[samples]'
	$(BIN)/python -m pip install --quiet --no-deps $(ALONE)
	touch $@

$(VENV)/.dev: pyproject.toml setup.cfg Makefile | $(BIN)/python
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	$(BIN)/python -m pip install --quiet --no-deps $(ALONE)
	touch $@ $(VENV)/.samples

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
