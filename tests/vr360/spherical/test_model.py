"""What spherical metadata may say."""

from __future__ import annotations

import math

import pytest

from vr360.errors import MetadataError
from vr360.frame import Projection
from vr360.spherical import Bounds, SphericalMetadata


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "10", None])
@pytest.mark.parametrize("name", ["yaw", "pitch", "roll"])
def test_an_angle_that_is_no_number_is_refused(name: str, value: object) -> None:
    with pytest.raises(MetadataError, match=f"{name} must be a number"):
        SphericalMetadata(**{name: value})


@pytest.mark.parametrize(("name", "limit"), [("yaw", 180), ("pitch", 90), ("roll", 180)])
def test_angles_reach_to_their_limit_and_no_further(name: str, limit: float) -> None:
    assert getattr(SphericalMetadata(**{name: limit}), name) == limit
    with pytest.raises(MetadataError, match=f"{name} must lie in -{limit} to {limit}"):
        SphericalMetadata(**{name: limit + 0.001})


@pytest.mark.parametrize("sides", [{"top": 0.5, "bottom": 0.5}, {"left": 0.9, "right": 0.2}])
def test_bounds_that_leave_no_picture_are_refused(sides: dict[str, float]) -> None:
    with pytest.raises(MetadataError, match="must stay below 1"):
        Bounds(**sides)


@pytest.mark.parametrize("value", [-0.1, 1.0, math.nan])
def test_a_bound_outside_the_picture_is_refused(value: float) -> None:
    with pytest.raises(MetadataError, match=r"bound.*top|bounds top"):
        Bounds(top=value)


def test_half_equirect_is_equirect_with_a_quarter_left_out_at_both_sides() -> None:
    half = SphericalMetadata(Projection.HALF_EQUIRECT)
    assert half.bounds == Bounds(left=0.25, right=0.25)
    assert SphericalMetadata(Projection.EQUIRECT, bounds=half.bounds) == half


def test_values_are_held_in_the_steps_that_the_boxes_have() -> None:
    metadata = SphericalMetadata(yaw=10.3, bounds=Bounds(top=1 / 3))
    assert metadata.yaw == round(10.3 * 65536) / 65536
    assert metadata.bounds.top == round(2**32 / 3) / 2**32


def test_half_a_turn_to_the_left_is_half_a_turn_to_the_right() -> None:
    assert SphericalMetadata(yaw=-180) == SphericalMetadata(yaw=180)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"projection": "cubemap", "bounds": Bounds(top=0.1)}, "crop"),
        ({"projection": "half-equirect", "bounds": Bounds(left=0.1)}, "quarter"),
        ({"projection": "dual-fisheye", "stereo": "tb"}, "mono"),
        ({"projection": "dual-fisheye", "lens_fov": 170}, "lens_fov"),
        ({"projection": "equirect", "lens_fov": 190}, "no lenses"),
        ({"projection": "flat"}, "'flat' is no projection; use one of equirect"),
        ({"stereo": "both"}, "use one of mono"),
        ({"software": ""}, "printable"),
        ({"software": "a\0b"}, "printable"),
        ({"software": "x" * 1001}, "printable"),
        ({"software": "\ud800"}, "printable"),
    ],
)
def test_values_that_do_not_fit_together_are_refused(
    settings: dict[str, object], message: str
) -> None:
    with pytest.raises(MetadataError, match=message):
        SphericalMetadata(**settings)


def test_a_whole_degree_is_a_disagreement_and_the_rounding_of_v1_is_not() -> None:
    exact = SphericalMetadata(yaw=10.5)
    assert exact.differences(SphericalMetadata(yaw=10)) == []
    assert exact.differences(SphericalMetadata(yaw=12)) == ["yaw"]
    assert SphericalMetadata(yaw=179.7).differences(SphericalMetadata(yaw=-180)) == []
    assert exact.differences(SphericalMetadata("half-equirect", "lr", 10)) == [
        "projection",
        "stereo",
        "bounds",
    ]


def test_a_layout_that_no_metadata_names_is_refused() -> None:
    with pytest.raises(MetadataError, match="equi-angular"):
        SphericalMetadata(Projection.EQUI_ANGULAR)
