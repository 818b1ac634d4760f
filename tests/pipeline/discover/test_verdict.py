import pytest

from pipeline.discover.verdict import rank

GOOD = {
    "warp_error_ratio": 2.0,
    "flash_rate": 0,
    "source_flash_rate": 0,
    "seam_ratio": 1.0,
    "face_edge_gradient": 1.0,
    "pole_ratio": 1.0,
    "content_loss": 0.5,
    "style_loss": 0.5,
}


def job(style: str, clip: str = "a.mp4", **figures: float | None) -> dict:
    return {
        "key": f"{style} {clip}",
        "style": style,
        "strength": 1.0,
        "stroke": 1.0,
        "scale": None,
        "thumbnail": None,
        "clip": clip,
        "figures": GOOD | figures,
    }


@pytest.mark.parametrize(
    ("figures", "fault"),
    [
        ({"flash_rate": 6}, "flashes 6 times a second"),
        ({"warp_error_ratio": 9.0}, "flickers: warp error 9.0x the source's"),
        ({"seam_ratio": 1.8}, "seam 1.8"),
        ({"pole_ratio": 0.7}, "strokes at the poles are needles: 0.70 of their length"),
        ({"style_loss": 1.2}, "no nearer to the painting than the source: 1.20"),
    ],
)
def test_a_look_beyond_a_limit_is_rejected_with_the_reason(figures: dict, fault: str):
    assert rank([job("x", **figures)])[0]["faults"] == [fault]


def test_at_the_limit_a_look_is_not_rejected():
    assert rank([job("x", flash_rate=3, style_loss=1.0, pole_ratio=0.8)])[0]["faults"] == []


def test_a_look_is_not_blamed_for_a_source_that_flashes_as_often():
    assert rank([job("x", flash_rate=6, source_flash_rate=6)])[0]["faults"] == []
    assert rank([job("x", flash_rate=6, source_flash_rate=5)])[0]["faults"] != []


def test_the_faulty_come_last_then_the_restless_then_those_far_from_their_painting():
    jobs = [
        job("flashes", flash_rate=6, warp_error_ratio=1.0),
        job("restless", warp_error_ratio=6.0, style_loss=0.1),
        job("far", warp_error_ratio=2.0, style_loss=0.6),
        job("near", warp_error_ratio=2.1, style_loss=0.2),  # as steady as the one before
    ]
    assert [look["style"] for look in rank(jobs)] == ["near", "far", "restless", "flashes"]
    assert [look["rank"] for look in rank(jobs)] == [1, 2, 3, 4]


def test_clips_are_taken_together_and_the_faulty_one_is_named():
    (look,) = rank([job("x", warp_error_ratio=1.0), job("x", "b.jpg", seam_ratio=1.8)])
    assert look["figures"]["warp_error_ratio"] == 1.5
    assert look["figures"]["seam_ratio"] == 1.8
    assert look["faults"] == ["seam 1.8 (b.jpg)"]
    assert look["jobs"] == ["x a.mp4", "x b.jpg"]


def test_what_could_not_be_measured_is_no_fault():
    (look,) = rank([job("x", **dict.fromkeys(GOOD))])
    assert look["faults"] == []
    assert set(look["figures"].values()) == {None}
