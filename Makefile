# Each target is a line or two of ordinary commands; the README has them for those without make.
PYTHON ?= python3
# Colab has Python 3.13: that one if it is there
COLAB_PYTHON ?= $(shell python3.13 -c "print('python3.13')" 2>/dev/null || echo $(PYTHON))
BIN = .venv/bin
NOTEBOOKS = $(filter-out build/%,$(wildcard */*/*_pytorch.ipynb */*/*_tensorflow.ipynb))
TOPIC ?= beginner/image_classification

.PHONY: run test test-exercises test-colab benchmark lab site serve lock format clean

run: .venv/installed
	$(BIN)/sidebyside run $(TOPIC) --data sample
	$(BIN)/sidebyside compare $(TOPIC) --last --html build/$(notdir $(TOPIC)).html

test: .venv/installed
	$(BIN)/python -m pytest

test-exercises: .venv/installed
	$(BIN)/python -m sidebyside.lessons.exercises

test-colab: .venv-colab/installed
	.venv-colab/bin/python -m pytest $(NOTEBOOKS)

# make benchmark TOPIC=recommender OPTIONS="--rounds 1"
benchmark: .venv/installed
	$(BIN)/sidebyside benchmark $(TOPIC)$(if $(OPTIONS), $(OPTIONS))

lab: .venv/installed
	$(BIN)/sidebyside open $(TOPIC)

site: .venv/installed
	$(BIN)/python -m sidebyside.site build/site

serve: site
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000

# make lock UPGRADE=--upgrade takes the newest of everything
lock: .venv/installed
	$(BIN)/uv pip compile $(UPGRADE) --quiet --universal --python-version 3.11 --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.txt

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf build .venv .venv-colab *.egg-info

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	touch $@

.venv-colab/installed: tests/colab-constraints.txt pyproject.toml
	$(COLAB_PYTHON) -m venv .venv-colab
	.venv-colab/bin/python -m pip install -c tests/colab-constraints.txt -e ".[pytorch,tensorflow,test]"
	touch $@
