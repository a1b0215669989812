# make run: train the default model, score the sample complaints, show the queue.
# make desk: the same complaints as a page in the browser that staff work from.
# make test: every check and every test.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SPARK := $(VENV)/.installed-spark

.PHONY: run desk test lint types imports unit benchmark model clean help

help:  ## Show the commands.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/'

run: model  ## Train the default model where needed and triage the sample complaints.
	@mkdir -p out
	@$(BIN)/triage score data/sample/complaints.csv --output out/complaints_ranked.csv --force

desk: model  ## Open a desk to try, with the sample complaints; prints its address and the first login.
	@$(BIN)/triage desk --sample

model: $(INSTALLED)  ## Train the default model where it is not there or not current.
	@$(BIN)/triage train --if-needed --no-track

test: lint types imports unit  ## Run every check and every test.

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

imports: $(INSTALLED)
	$(BIN)/lint-imports --no-cache

unit: $(INSTALLED) $(SPARK)
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

benchmark: model  ## Measure the speed against the tokeniser alone.
	@$(BIN)/python tests/benchmarks/pipeline_speed.py

$(SPARK): requirements-spark.lock $(INSTALLED)
	@echo "Installing Spark, for its tests"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "triage needs Python 3.11 or newer; $$($(PYTHON) --version) was found. Name another one: make PYTHON=python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock names (a minute or two)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

clean:  ## Remove what was built; the corpus and the code stay.
	rm -rf $(VENV) out models/default
