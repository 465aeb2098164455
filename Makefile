# Each target is a line or two of ordinary commands; the README has them for those without make.
PYTHON ?= python3
# Colab has Python 3.13: that one if it is there
COLAB_PYTHON ?= $(shell python3.13 -c "print('python3.13')" 2>/dev/null || echo $(PYTHON))
BIN = .venv/bin
# begins an installation; one that was cut off is done again, whole: uv alone would not notice
install = touch $(1)/begun && $(BIN)/uv pip install --python $(1) $(if $(wildcard $(1)/begun),--reinstall )--compile-bytecode
COMPILE_ALONE = $(BIN)/uv pip compile $(UPGRADE) --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
COMPILE = $(COMPILE_ALONE) --group install
NOTEBOOKS = $(filter-out build/%,$(wildcard */*/*_pytorch.ipynb */*/*_tensorflow.ipynb))
TOPIC ?= beginner/image_classification

.PHONY: run cpu test test-exercises test-colab lint benchmark lab site serve wheel lock format hooks clean help

run: .venv/installed  ## execute both notebooks of TOPIC on the sample, then compare them
	$(BIN)/sidebyside run $(TOPIC) --data sample
	$(BIN)/sidebyside compare $(TOPIC) --last --html build/$(notdir $(TOPIC)).html

cpu: .venv/uv  ## install PyTorch without CUDA, 5 GB less, and outside the lock: make cpu run
	$(call install,.venv) --torch-backend cpu --no-verify-hashes -c requirements.txt -e ".[pytorch,tensorflow,lessons]" && rm .venv/begun
	touch .venv/installed

test: .venv/all .venv-serving/installed .venv-kfp/installed .venv-tfx/installed  ## check everything
	$(BIN)/python -m pytest

test-exercises: .venv/installed  ## run the exercises' solutions
	$(BIN)/python -m sidebyside.lessons.exercises

test-colab: .venv-colab/installed  ## run the notebooks under the versions that Colab has
	.venv-colab/bin/python -m pytest $(NOTEBOOKS)

lint: .venv/all  ## check style and types, nothing else
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

benchmark: .venv/installed  ## time both notebooks: make benchmark TOPIC=recommender OPTIONS="--rounds 1"
	$(BIN)/sidebyside benchmark $(TOPIC)$(if $(OPTIONS), $(OPTIONS))

lab: .venv/installed  ## open both notebooks of TOPIC in JupyterLab, side by side
	$(BIN)/sidebyside open $(TOPIC)

site: .venv/site  ## build the site into build/site
	$(BIN)/python -m sidebyside.site build/site

serve: site  ## build the site and show it at http://127.0.0.1:8000
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000

wheel: .venv/uv  ## build the package into build/dist
	$(BIN)/hatchling build --clean --target wheel --directory build/dist

lock: .venv/uv  ## write the locks again: UPGRADE=--upgrade takes the newest of everything
	$(COMPILE) --all-extras pyproject.toml -o requirements/all.txt
	$(COMPILE) -c requirements/all.txt --extra pytorch --extra tensorflow --extra lessons pyproject.toml -o requirements.txt
	$(COMPILE) -c requirements/all.txt --extra site pyproject.toml -o requirements/site.txt
	$(COMPILE) -c requirements/all.txt -o requirements/install.txt
	$(foreach image,pytorch tensorflow,$(COMPILE_ALONE) -c requirements/all.txt advanced/rest_api/$(image)_service/requirements.in -o advanced/rest_api/$(image)_service/requirements.txt && ) true
	$(COMPILE_ALONE) --group serving -o requirements/serving.txt
	$(COMPILE_ALONE) --group triton -o requirements/triton.txt
	$(COMPILE_ALONE) --group kfp -o requirements/kfp.txt
	$(COMPILE_ALONE) --group tfx -o requirements/tfx.txt

format: .venv/all  ## format code and notebooks
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

hooks: .venv/all  ## check each commit before it is made
	$(BIN)/pre-commit install

clean:  ## remove what was built and installed, but no data
	rm -rf build .venv .venv-* *.egg-info

help:  ## say what each target does
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / { printf "%-16s%s\n", $$1, $$2 }' Makefile

# pip, which every Python brings, installs uv; uv, which is three times as fast, installs the rest.
# The package itself comes first: it refuses a Python that is too old or too new at once.
.venv/uv: requirements/install.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/install.txt
	$(BIN)/uv pip install --python .venv --no-deps --no-build-isolation -e .
	touch $@

.venv/installed: requirements.txt .venv/uv
	$(call install,.venv) --require-hashes -r $< && rm .venv/begun
	touch $@

# .venv/all, .venv/site: locks that share .venv and only add to it
.venv/%: requirements/%.txt .venv/uv
	$(call install,.venv) --require-hashes -r $< && rm .venv/begun
	touch $@

# What cannot share gets an environment of its own: make .venv-serving/installed. It has no
# framework: the lesson on serving lends it that of .venv.
.venv-%/installed: requirements/%.txt .venv/uv
	$(PYTHON) -m venv .venv-$*
	$(call install,.venv-$*) --require-hashes -r $< && rm .venv-$*/begun
	touch $@

# TFX needs a newer C library than some systems have: there, a Debian 13 is unpacked for it. Where
# that is not possible either, this says why, and the tests that need it are skipped.
.venv-tfx/installed: requirements/tfx.txt sidebyside/lessons/own_system.py .venv/uv
	$(BIN)/python -m sidebyside.lessons.own_system .venv-tfx $<

.venv-colab/installed: tests/colab-constraints.txt pyproject.toml .venv/uv
	$(COLAB_PYTHON) -m venv .venv-colab
	$(call install,.venv-colab) -c $< -e ".[pytorch,tensorflow,lessons,test]" && rm .venv-colab/begun
	touch $@
