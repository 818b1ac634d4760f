# make demo   paint the shipped sample clip          make test   lint, types, tests
# make bench  print the ratios                       make fuzz   long seeded runs
# make docs   build the site, strict, without network       make chaos  films killed again and again
# make web    the player in a real Chromium        make ray    films painted on a Ray cluster
# make gallery DATA=FOLDER   train the shipped gallery on, or anew with FROM=none
# make bench-gpu  what a GPU paints a second, in minutes
# make graph  trace the shipped graph anew: wanted when the code of the net has changed, takes minutes
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NPM := tests/viewer/web/npm
DEBIAN := ffmpeg libimage-exiftool-perl mkvtoolnix xvfb openbox xdotool libgl1 libegl1 \
  libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-image0 \
  libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-randr0 libxcb-xfixes0 libdbus-1-3 \
  libfontconfig1

.PHONY: demo test lint docs bench bench-gpu fuzz chaos web ray gallery graph system clean

demo: $(READY)
	$(BIN)/vr360 demo --out out

# Two files at a time, each on one core: threads of libraries that share cores wait for each other.
test: $(READY) system lint docs
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict --config-file .mkdocs.yml

bench: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	$(BIN)/pytest -m bench -s tests/bench

bench-gpu: $(READY)
	$(BIN)/python -m tests.bench.gpu

fuzz: $(READY)
	$(BIN)/pytest -m fuzz

# Wants Chromium, npm (emulated headset, accessibility, types) and, for a few tests, firefox-esr; what
# is not there is skipped by name.
web: $(READY)
	command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || apt-get install -y -qq chromium
	! command -v npm >/dev/null || npm ci --silent --no-audit --no-fund --prefix $(NPM)
	$(BIN)/pytest -m web tests/viewer/web

# VR360_CHAOS_KILLS=200 kills more often, VR360_CHAOS_SEED=7 at other moments.
chaos: $(READY)
	$(BIN)/pytest -m chaos -s tests/pipeline/jobs

ray: $(READY)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[ray]"
	$(BIN)/pytest -m ray tests/pipeline/jobs

# DATA holds styles/ (the recipe's paintings), photos/, panoramas/, weights/vgg16_features.safetensors.
FROM ?= shipped
MINUTES ?= 120
gallery: $(READY)
	mkdir -p build/gallery/images
	cp -n $(DATA)/styles/*.jpg build/gallery/images/ || true
	$(BIN)/vr360 styles --drawings build/gallery/images
	$(BIN)/vr360 train pipeline/styles/gallery.toml build/gallery/gallery.safetensors \
	  --images build/gallery/images --photos $(DATA)/photos --panoramas $(DATA)/panoramas \
	  --vgg-weights $(DATA)/weights/vgg16_features.safetensors --gallery $(FROM) --convolutions \
	  --minutes $(MINUTES) $(if $(wildcard build/gallery/gallery.safetensors.training),--resume)

graph: $(READY)
	$(BIN)/python -m pipeline.backends.shipping

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

# Independent readers and GL that the tests compare with. Without root the line is printed and the
# tests that want them are skipped by name.
system:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  dpkg -s $(DEBIAN) >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq $(DEBIAN); }; \
	else \
	  dpkg -s $(DEBIAN) >/dev/null 2>&1 || echo "for every test: sudo apt-get install $(DEBIAN)"; \
	fi

clean:
	rm -rf $(VENV) out
