# make run PART=part4   grade the exercises (sets everything up on first use)
# make test             the tests (likewise)
VENV ?= .venv
PYTHON ?= python3
PART ?= part4
JOBS ?= 2  # test files that run side by side
TESTS ?=  # which of the slow ones: all, if nothing is said
BIN = $(VENV)/bin

.PHONY: run test test-slow lint lock

run: $(VENV)/student
	@$(BIN)/grader run $(PART); code=$$?; [ $$code -le 1 ] || exit $$code  # 1: not all passed yet, no fault of make's

test: $(VENV)/dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not slow"

test-slow: $(VENV)/dev
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m slow $(TESTS)

lint: $(VENV)/dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

# torch has a file of its own: its build differs by platform, so it has no hash.
$(VENV)/%: requirements/%.lock requirements/torch.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The kit needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -r $<
	$(BIN)/pip install -q -r requirements/torch.lock
	$(BIN)/pip install -q --no-deps -e .
	@touch $@

# Needs uv. What is locked stays as it is, if it still fits: delete a lock to have all of it anew.
# What a CUDA build of torch brings along is left to torch.
lock:
	for name in student dev; do \
	  extra=$$([ $$name = dev ] && echo --extra=dev); \
	  [ ! -e requirements/$$name.lock ] || cp requirements/$$name.lock requirements/$$name.full; \
	  uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --no-emit-index-url --no-strip-extras --override requirements/torch.lock $$extra -q -o requirements/$$name.full pyproject.toml && \
	  awk '/^[a-z]/ {keep = $$0 !~ /^(torch|triton|cuda-|nvidia-)/} keep' requirements/$$name.full > requirements/$$name.lock && \
	  rm requirements/$$name.full; \
	done
