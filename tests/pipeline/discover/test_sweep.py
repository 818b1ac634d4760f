import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from pipeline.discover import candidates
from pipeline.discover.candidates import Lessons
from pipeline.discover.page import write_page
from pipeline.discover.sweep import Discovery, Step, Sweep
from pipeline.nets.checkpoint import save_gallery
from pipeline.training.train import TrainProgress
from vr360.errors import InputError, OutputError
from vr360.media.stills import write_still

from ..conftest import soft_noise, tiny_gallery


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("still") / "still <&> one.png"
    write_still(path, soft_noise(32, 64, 5))
    return path


@pytest.fixture
def sweep(tiny_style: Path, still: Path, tmp_path: Path) -> Sweep:
    return Sweep([str(tiny_style)], [still], tmp_path / "out", (0.5, 1.0), size=(32, 64))


@pytest.fixture(scope="module")
def swept(
    tiny_style: Path, tiny_film: Path, still: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    out = tmp_path_factory.mktemp("sweep")
    film_and_still = [tiny_film, still]
    whole = Sweep([str(tiny_style)], film_and_still, out, size=(32, 64), duration=Fraction(1, 8))
    assert list(Discovery(whole).run()) == [Step(0, 2), Step(1, 2), Step(2, 2)]
    return out


def found(out: Path) -> dict[str, Any]:
    return json.loads((out / "discover.json").read_text())


def test_every_look_is_painted_on_every_clip(swept: Path):
    data = found(swept)
    assert [(job["style"], job["clip"]) for job in data["jobs"]] == [
        ("tiny", "tiny.mkv"),
        ("tiny", "still <&> one.png"),
    ]
    assert data["jobs"][0]["figures"]["sharpness_ratio"] > 0
    assert data["settings"] == {"size": "64x32", "duration": 0.125, "median": 3}
    assert data["ranking"][0]["jobs"] == [job["key"] for job in data["jobs"]]


class Tags(HTMLParser):
    """Tags that were opened, and those still open."""

    VOID = ("meta", "img", "input")

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_carries_all_it_shows(swept: Path):
    page = (swept / "index.html").read_text()
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    strips = [a for _, a in tags.seen if "strip" in (a.get("class") or "").split()]
    assert len(strips) == 4  # source and look, on two clips
    assert ["moves" in str(a["class"]) for a in strips] == [True, False] * 2
    assert "still &lt;&amp;&gt; one.png" in page
    assert not re.search(r'(src|href)="(?!data:)|url\((?!data:)|@import', page)


def test_the_page_is_written_from_the_record_alone(swept: Path):
    page = swept / "index.html"
    before = page.read_text()
    page.unlink()
    write_page(swept)
    assert page.read_text() == before


def test_faults_stand_on_the_page(swept: Path, tmp_path: Path):
    data = found(swept)
    data["ranking"][0]["faults"] = ["flashes 6 times a second"]
    (tmp_path / "pictures").symlink_to(swept / "pictures")
    (tmp_path / "discover.json").write_text(json.dumps(data))
    page = write_page(tmp_path).read_text()
    assert '<span class="fault">flashes 6 times a second</span>' in page
    assert "card rejected careful" in page  # plays under the mouse alone


def test_what_is_done_is_not_done_again_and_what_is_new_is_added(sweep: Sweep):
    assert list(Discovery(sweep).run())[-1] == Step(2, 2)
    first = found(sweep.out)["jobs"]
    assert list(Discovery(sweep).run()) == [Step(0, 0)]
    more = replace(sweep, strengths=(1.0, 1.5))
    assert list(Discovery(more).run()) == [Step(0, 1), Step(1, 1)]
    assert found(sweep.out)["jobs"][:2] == first
    assert len(found(sweep.out)["ranking"]) == 3


def test_an_interrupted_sweep_keeps_what_it_has_done(sweep: Sweep):
    run = Discovery(sweep).run()
    next(run), next(run)
    with pytest.raises(KeyboardInterrupt):
        run.throw(KeyboardInterrupt)
    assert len(found(sweep.out)["jobs"]) == 1
    assert (sweep.out / "index.html").is_file()
    assert list(Discovery(sweep).run()) == [Step(0, 1), Step(1, 1)]


def test_a_style_that_changed_is_painted_anew_and_replaces_the_old(sweep: Sweep, tmp_path: Path):
    style = tmp_path / "mine.safetensors"
    once = replace(sweep, styles=[str(style)], strengths=(1.0,))
    for seed in (1, 2):
        save_gallery(style, tiny_gallery("mine", looks_seed=seed))
        assert list(Discovery(once).run())[-1] == Step(1, 1)
    assert len(found(sweep.out)["jobs"]) == 1


def test_other_settings_or_another_folder_are_not_mixed_up(sweep: Sweep, tmp_path: Path):
    list(Discovery(sweep).run())
    with pytest.raises(OutputError, match="64x32"):
        Discovery(replace(sweep, size=(16, 32)))
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else"):
        Discovery(replace(sweep, out=tmp_path / "letters"))
    (sweep.out / "discover.json").write_text("[]")
    with pytest.raises(OutputError, match="damaged"):
        Discovery(sweep)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"strengths": (0.5, 3.0)}, "--strength 3"),
        ({"scales": (0.0,)}, "--scale 0"),
        ({"size": (64, 64)}, "--size 64x64"),
        ({"styles": ["stary_night"]}, "starry_night"),
        ({"styles": ["missing.jpg"]}, r"missing\.jpg: no such file"),
        ({"styles": ["starry_night", "starry_night"]}, "named twice"),
        ({"clips": [Path("missing.mp4")]}, r"missing\.mp4"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    sweep: Sweep, change: dict[str, Any], words: str
):
    with pytest.raises(InputError, match=words):
        Discovery(replace(sweep, **change))
    assert not sweep.out.exists()


def test_two_clips_of_one_name_are_refused(sweep: Sweep):
    with pytest.raises(InputError, match="one name"):
        Discovery(replace(sweep, clips=[*sweep.clips, *sweep.clips]))


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "mine.png"
    write_still(path, soft_noise(96, 96, 3))
    return path


def test_a_painting_asks_for_photographs(sweep: Sweep, painting: Path):
    with pytest.raises(InputError, match="--photos and --vgg-weights"):
        Discovery(replace(sweep, styles=[str(painting)]))


def test_a_painting_is_learned_once_at_each_scale(
    sweep: Sweep, painting: Path, monkeypatch: pytest.MonkeyPatch
):
    """Training itself is tested where it lives; here, that it is asked for as it should be."""
    asked = []

    def train(styles: Any, out: Path, photos: Path, settings: Any, **_: Any) -> Iterator[Any]:
        asked.append((styles[0].name, styles[0].scale, settings.iterations, settings.convolutions))
        save_gallery(out, tiny_gallery("mine", looks_seed=len(asked)))
        yield TrainProgress(1, 1.0, 0.1, {})

    monkeypatch.setattr(candidates, "train", train)
    _without_vgg(monkeypatch)
    lessons = Lessons(photos=painting.parent, vgg_weights=painting, iterations=7)
    learning = replace(
        sweep, styles=[str(painting)], scales=(60.0, 120.0), strengths=(1.0,), lessons=lessons
    )
    told: list[str] = []
    list(Discovery(learning).run(told.append))
    assert asked == [("mine", 60.0, 7, False), ("mine", 120.0, 7, False)]
    assert "learning mine, 100%" in told
    assert list(Discovery(learning).run()) == [Step(0, 0)]
    assert len(asked) == 2
    assert [look["scale"] for look in found(sweep.out)["ranking"]] in ([60, 120], [120, 60])
    assert "60° wide" in (sweep.out / "index.html").read_text()


def _without_vgg(monkeypatch: pytest.MonkeyPatch) -> None:
    none: Callable[..., None] = lambda *_: None  # noqa: E731
    monkeypatch.setattr(candidates, "load_vgg16", none)
    monkeypatch.setattr("pipeline.discover.sweep.load_vgg16", none)
