import base64
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.pages.charts import chart, heat_map, overlay
from pipeline.quality.measure import measure_against_source
from pipeline.quality.report import check_folder, write_report
from pipeline.quality.together import open_films
from vr360.errors import OutputError

XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture(scope="module")
def page(tiny_film: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    source = Path(shutil.copy(tiny_film, folder / "a & b <source>.mkv"))
    films = open_films(tiny_film, source, tiny_film)
    check_folder(folder / "page", force=False)
    figures, trace = measure_against_source(films)
    return write_report(folder / "page", films, figures, trace).read_text()


def test_the_page_is_well_formed_and_carries_all_it_shows(page: str):
    root = ET.fromstring(page)
    sources = [img.get("src", "") for img in root.iter(f"{XHTML}img")]
    assert len(sources) >= 8 + 4
    assert all(src.startswith("data:image/") for src in sources)
    assert not re.search(r"(src|href)=\"(?!data:)|url\(|@import|<script", page)
    assert all(img.get("alt") for img in root.iter(f"{XHTML}img"))


def test_the_page_has_a_line_over_time_for_each_film(page: str):
    root = ET.fromstring(page)
    charts = list(root.iter(f"{XHTML}svg"))
    assert len(charts) == 4
    first = charts[0]
    assert [line.findtext(f"{XHTML}title") for line in first.iter(f"{XHTML}polyline")] == [
        "frame by frame",
        "film",
    ]


def test_names_of_files_are_text_not_markup(page: str):
    assert "a &amp; b &lt;source&gt;.mkv" in page


def test_an_earlier_page_is_kept(tmp_path: Path):
    (tmp_path / "index.html").write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        check_folder(tmp_path, force=False)
    check_folder(tmp_path, force=True)
    assert (tmp_path / "index.html").read_text() == "mine"


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="no folder can be made"):
        check_folder(tmp_path / "file" / "report", force=False)


def points(svg: str) -> list[list[tuple[float, float]]]:
    lines = re.findall(r'points="([^"]*)"', svg)
    return [[tuple(map(float, p.split(","))) for p in line.split()] for line in lines]


def test_a_chart_leaves_gaps_and_keeps_peaks():
    times = [n / 30 for n in range(3000)]
    values = [1.0] * 3000
    values[1501] = 8.0
    (line,) = points(chart(times, {"film": values}))
    assert len(line) <= 800
    heights = [y for _, y in line]
    assert heights.count(min(heights)) == 1
    assert max(heights) - min(heights) > 100
    gapped = chart(times, {"film": [*values[:1000], *[None] * 1000, *values[2000:]]})
    assert len(points(gapped)) == 2


def test_charts_of_nothing_say_so():
    assert "<svg" not in chart([0.0], {"film": [None]})
    assert "<svg" in chart([0.0, 1.0], {"film": [0.0, 0.0]})


def test_a_heat_map_shows_the_poles_where_they_are(tmp_path: Path):
    heat = np.zeros((90, 180), np.float32)
    heat[:15] = 1
    text = heat_map(heat, 1, "north").split("base64,")[1].split('"')[0]
    image = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    height = image.shape[0]
    globe = lambda n: image[height // 2, 2 * height + n * (height + height // 6) - height // 2]  # noqa: E731
    assert globe(1).sum() > 500
    assert globe(2).sum() < 60


def test_an_overlay_glows_where_the_map_is_high():
    heat = np.zeros((64, 128), np.float32)
    heat[10:20, 10:20] = 1
    shown = overlay(np.full((64, 128, 3), 200, np.uint8), heat)
    assert shown[15, 15].astype(int).sum() > shown[40, 40].astype(int).sum() + 100
