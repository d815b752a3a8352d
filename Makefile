.POSIX:
PYTHON = python3
VENV = .venv
STAMP = $(VENV)/.installed

.PHONY: run test check performance soak clean

run: $(STAMP)
	@$(VENV)/bin/mpco demo

test: $(STAMP) check
	@$(VENV)/bin/python -m pytest -n 2 --dist worksteal

check: $(STAMP)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

performance: $(STAMP)
	@for file in tests/performance/[a-z]*.py; do $(VENV)/bin/python -m tests.performance.$$(basename $$file .py) || exit 1; done

soak: $(STAMP)
	@$(VENV)/bin/python -m tests.reliability.crash_matrix 200

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("MPCO needs Python 3.11 or newer; name one with: make PYTHON=python3.12 run") if sys.version_info < (3, 11) else 0'
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "installing MPCO into $(VENV) (once, about a minute) ..."
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --only-binary py-spy -e '.[py-spy]' || echo "no py-spy for this system: Python is sampled from inside instead"
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist
