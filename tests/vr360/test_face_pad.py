import numpy as np
import pytest
import torch

from tests.conftest import face_directions
from vr360.cubemap import face_areas
from vr360.sampling.padding import face_pad

SIZE = 16


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between vectors (..., 3)."""
    cosine = (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_padding_holds_what_lies_beyond_the_edge_on_the_sphere():
    faces = torch.from_numpy(face_directions(SIZE)).permute(0, 3, 1, 2)
    padded = face_pad(faces, 1).permute(0, 2, 3, 1).numpy()
    error = angles(padded, face_directions(SIZE, margin=1))
    assert error[:, 1:-1, 1:-1].max() == 0
    assert error.max() < 0.5 * 90 / SIZE  # half a pixel: the neighbour's own pixels, uninterpolated
    middle = SIZE // 2
    assert error[:, 0, middle].max() < 0.2  # across the middle of an edge the two planes agree


@pytest.mark.parametrize("pad", [1, 2, 5])
def test_padding_two_cubes_pads_each(pad: int):
    faces = torch.rand(12, 4, 8, 8)
    padded = face_pad(faces, pad)
    assert padded.shape == (12, 4, 8 + 2 * pad, 8 + 2 * pad)
    assert torch.equal(padded[6:], face_pad(faces[6:], pad))
    assert torch.equal(padded[..., pad:-pad, pad:-pad], faces)


def test_corners_go_on_with_the_last_pixel_of_their_row():
    padded = face_pad(torch.rand(6, 1, 8, 8), 2)
    assert torch.equal(padded[..., :2, 0], padded[..., :2, 2])
    assert torch.equal(padded[..., -2:, -1], padded[..., -2:, -3])


def test_faces_that_are_no_cube_are_refused():
    with pytest.raises(ValueError, match="six square faces"):
        face_pad(torch.rand(5, 3, 8, 8), 1)
    with pytest.raises(ValueError, match="six square faces"):
        face_pad(torch.rand(6, 3, 8, 16), 1)
    with pytest.raises(ValueError, match="between 0 and 8"):
        face_pad(torch.rand(6, 3, 8, 8), 9)


def test_the_faces_share_the_sphere_by_their_solid_angle():
    areas = face_areas(SIZE)
    assert areas.sum() == pytest.approx(1 / 6)
    # The middle of an equi-angular pixel grid sees sqrt(2) times as much as its corners.
    assert face_areas(512).max() / face_areas(512).min() == pytest.approx(2**0.5, rel=0.01)
