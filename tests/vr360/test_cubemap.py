from collections.abc import Callable

import numpy as np
import py360convert
import pytest

from tests.conftest import face_directions
from vr360.cubelayout import (
    CubeLayout,
    face_size,
    name_faces,
    pack_faces,
    stack_faces,
    unpack_faces,
)
from vr360.cubemap import FACES, face_to_xyz, facing, xyz_to_face
from vr360.errors import InputError
from vr360.frame import Projection, Rgb
from vr360.geometry import equirect_directions

CUBES = (Projection.CUBEMAP, Projection.EQUI_ANGULAR)


def directions_as_colours(height: int) -> Rgb:
    """An equirect picture whose every colour is the direction it lies in."""
    return np.round((equirect_directions(height, 2 * height) + 1) / 2 * 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("layout", "projection"),
    [
        (CubeLayout.C3X2, Projection.CUBEMAP),
        (CubeLayout.C6X1, Projection.CUBEMAP),
        (CubeLayout.EAC, Projection.EQUI_ANGULAR),
    ],
)
def test_faces_look_where_ffmpeg_looks(
    layout: CubeLayout, projection: Projection, run_ffmpeg: Callable[..., bytes]
):
    packed = pack_faces(face_directions(240, projection), layout)
    height, width = packed.shape[:2]
    raw = ("-f", "rawvideo", "-pix_fmt", "rgb24")
    turn = f"v360=e:{layout}:w={width}:h={height}:interp=cubic,format=rgb24"
    colours = directions_as_colours(256).tobytes()
    made = run_ffmpeg(*raw, "-s", "512x256", "-i", "-", "-vf", turn, *raw, "-", data=colours)
    theirs = np.frombuffer(made, np.uint8).reshape(packed.shape) / 255 * 2 - 1
    # A pixel of their source spans 0.012; their `eac` leaves two pixels beside every row.
    assert np.abs(packed - theirs).max() < 0.03


def test_gnomonic_faces_look_where_py360convert_looks():
    colours = directions_as_colours(256).astype(np.float32)
    theirs = py360convert.e2c(colours, 96, mode="bilinear", cube_format="dict")
    ours = name_faces(face_directions(96, Projection.CUBEMAP))
    for face in FACES:
        assert np.abs(ours[face] - (theirs[face] / 255 * 2 - 1)).max() < 0.03, face


def test_convention_faces_come_front_right_back_left_up_down():
    # Both pixels about the middle of a face, averaged, look along its axis.
    middle = face_directions(2, Projection.CUBEMAP).mean(axis=(1, 2)).round(2)
    axes = [[0, 0, -1], [1, 0, 0], [0, 0, 1], [-1, 0, 0], [0, 1, 0], [0, -1, 0]]
    assert np.sign(middle).tolist() == axes


def test_convention_side_faces_are_upright_and_up_meets_front_with_its_lower_edge():
    faces = face_directions(2, Projection.CUBEMAP)
    assert (faces[:4, 0, :, 1] > 0).all()
    assert (faces[4, 1, :, 2] < 0).all()
    assert (faces[4, :, 1, 0] > 0).all()
    assert (faces[5, 0, :, 2] < 0).all()
    assert (faces[5, :, 1, 0] > 0).all()


def test_convention_the_corner_of_a_face_is_the_diagonal_of_the_cube():
    for projection in CUBES:
        corner = face_to_xyz(0, -0.5, -0.5, 10, projection)
        assert corner == pytest.approx(np.array([-1, 1, -1]) / np.sqrt(3))


def test_convention_equi_angular_pixels_are_even_in_the_angle():
    across = face_to_xyz(0, np.arange(8), 3.5, 8, Projection.EQUI_ANGULAR)
    angles = np.degrees(np.arctan2(across[:, 0], -across[:, 2]))
    assert angles == pytest.approx((np.arange(8) - 3.5) * 90 / 8)


@pytest.mark.parametrize("projection", CUBES)
def test_pixels_survive_the_round_trip_through_directions(projection: Projection):
    faces, x, y = xyz_to_face(face_directions(9, projection), 9, projection)
    assert (faces == np.arange(6)[:, None, None]).all()
    assert x == pytest.approx(np.broadcast_to(np.arange(9), x.shape))
    assert y == pytest.approx(np.broadcast_to(np.arange(9)[:, None], y.shape))


@pytest.mark.parametrize("projection", CUBES)
def test_the_margin_carries_on_evenly_and_looks_at_the_neighbour(projection: Projection):
    wide = face_directions(8, projection, margin=2)
    assert wide.shape == (6, 12, 12, 3)
    assert wide[:, 2:-2, 2:-2] == pytest.approx(face_directions(8, projection))
    own = np.arange(6)[:, None, None]
    _, x, _ = xyz_to_face(wide, 8, projection, face=own)
    assert x == pytest.approx(np.broadcast_to(np.arange(-2, 10), x.shape))
    assert (facing(wide)[0, 5, :2] == FACES.index("L")).all()
    assert (facing(wide)[4, -2:, 5] == FACES.index("F")).all()


def test_first_pixel_beyond_an_equi_angular_edge_is_the_neighbours_own():
    wide = face_directions(9, Projection.EQUI_ANGULAR, margin=1)
    face, x, y = xyz_to_face(wide[0, 5, -1], 9, Projection.EQUI_ANGULAR)
    assert (int(face), float(x), float(y)) == pytest.approx((FACES.index("R"), 0, 4))


def test_a_margin_of_half_an_equi_angular_face_is_refused():
    with pytest.raises(ValueError, match="quarter turn"):
        face_directions(4, Projection.EQUI_ANGULAR, margin=3)


@pytest.mark.parametrize("layout", CubeLayout)
def test_packing_and_unpacking_keep_every_bit(layout: CubeLayout):
    faces = np.random.default_rng(1).integers(0, 1024, (6, 5, 5, 3), np.uint16)
    picture = pack_faces(faces, layout)
    assert face_size(*picture.shape[:2], layout) == 5
    assert (unpack_faces(picture, layout) == faces).all()
    assert (stack_faces(name_faces(faces)) == faces).all()


def test_convention_layouts_by_letters():
    letters = np.array([ord(face) for face in FACES], np.uint8).reshape(6, 1, 1)
    rows = {
        layout: ["".join(map(chr, row)) for row in pack_faces(letters, layout)]
        for layout in CubeLayout
    }
    assert rows[CubeLayout.C3X2] == ["RLU", "DFB"]
    assert rows[CubeLayout.CBMP] == ["RLU", "DFB"]
    assert rows[CubeLayout.C6X1] == ["RLUDFB"]
    assert rows[CubeLayout.CROSS] == ["\0U\0\0", "LFRB", "\0D\0\0"]
    assert rows[CubeLayout.EAC] == ["LFR", "DBU"]


def test_convention_metadata_words_its_cube_map_with_up_and_down_half_turned():
    """Spherical Video V2 RFC, `cbmp`, layout 0:

    Faces are oriented upwards for the front, left, right, and back faces. The up face is oriented
    so the top of the face is forwards and the down face is oriented so the top of the face is to
    the back.
    """
    picture = pack_faces(face_directions(2, Projection.CUBEMAP), CubeLayout.CBMP)
    tops = {"R": (0, 0), "L": (0, 2), "U": (0, 4), "D": (2, 0), "F": (2, 2), "B": (2, 4)}
    top = {face: picture[y, x : x + 2].mean(axis=0).round(1) for face, (y, x) in tops.items()}
    assert all(top[face][1] > 0.3 for face in "RLFB")  # right, up, back
    assert top["U"].tolist() == pytest.approx([0, 0.8, -0.4])
    assert top["D"].tolist() == pytest.approx([0, -0.8, 0.4])


def test_neighbours_in_the_cross_touch_without_a_turn():
    cross = pack_faces(face_directions(64, Projection.EQUI_ANGULAR), CubeLayout.CROSS)
    steps = np.linalg.norm(np.diff(cross[:192, 64:128], axis=0), axis=-1)
    assert steps.max() < 0.03  # a pixel is 0.025 wide


@pytest.mark.parametrize(("height", "width"), [(200, 301), (100, 100), (0, 0), (201, 300)])
def test_a_picture_without_square_faces_is_refused(height: int, width: int):
    with pytest.raises(InputError, match="3 x 2 square faces were expected, found"):
        face_size(height, width, CubeLayout.C3X2)


def test_six_pictures_that_do_not_fit_are_refused():
    faces = name_faces(np.zeros((6, 4, 4, 3), np.uint8))
    with pytest.raises(InputError, match="missing: \\['U'\\]"):
        stack_faces({name: face for name, face in faces.items() if name != "U"})
    with pytest.raises(InputError, match="D 4x2"):
        stack_faces(faces | {"D": faces["D"][:2]})
