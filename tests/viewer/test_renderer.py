"""The picture on the screen, against ffmpeg's v360 and against the conventions themselves."""

from dataclasses import replace
from fractions import Fraction
from math import radians

import av
import cv2
import numpy as np
import pytest
from scenes import mean_error, sphere_scene, v360

from viewer.camera import Camera
from viewer.composition import Compare, compose
from viewer.layout import Eyes, Layout, View
from viewer.picture import (
    Picture,
    Pixels,
    picture_from_frame,
    picture_from_rgb,
    picture_to_rgb,
    with_paired_chroma,
)
from viewer.renderer import GRID, HORIZON, POLES, SEAM, Look, _aside, read_pixels
from viewer.textures import largest_texture
from vr360.choices import ToneMap
from vr360.cubelayout import CubeLayout, pack_faces, unpack_faces
from vr360.frame import Colour, Projection, Stereo
from vr360.geometry import lonlat_to_xyz, perspective_directions, rotation, xyz_to_lonlat
from vr360.media.tonemap import peak_of, tone_mapped
from vr360.spherical import Bounds

HEIGHT = 384
SIZE = (240, 320)
V_FOV = 73.739795  # of a 4:3 view that is 90 degrees wide
BAR = 3.0  # of 255
DIRECTIONS = [(0, 0), (90, 0), (180, 0), (-90, 0), (0, 90), (0, -90), (170, 40)]
FILES = {
    Projection.EQUIRECT: ("e", (HEIGHT, 2 * HEIGHT)),
    Projection.CUBEMAP: ("c3x2", (512, 768)),
    Projection.EQUI_ANGULAR: ("eac", (512, 768)),
    Projection.HALF_EQUIRECT: ("hequirect", (HEIGHT, HEIGHT)),
    Projection.DUAL_FISHEYE: ("dfisheye", (HEIGHT, 2 * HEIGHT)),
}


@pytest.fixture(scope="module")
def scene():
    return sphere_scene(HEIGHT)


@pytest.fixture(scope="module")
def stored(scene):
    """The scene in every projection, as ffmpeg writes it."""
    return {
        projection: scene if name == "e" else v360(scene, size, f"e:{name}:w={size[1]}:h={size[0]}")
        for projection, (name, size) in FILES.items()
    } | {Projection.DUAL_FISHEYE: fisheye(scene)}


def fisheye(rgb, options=""):
    """As v360 lays two lenses, but the front one in the left half."""
    options = f"e:dfisheye:w={2 * HEIGHT}:h={HEIGHT}{options}"
    return np.roll(v360(rgb, (HEIGHT, 2 * HEIGHT), options), HEIGHT, axis=1)


def show(renderer, picture, layout=None, look=None, eyes=Eyes.LEFT, size=SIZE):
    if isinstance(picture, np.ndarray):
        picture = picture_from_rgb(picture)
    renderer.upload("a", picture, layout or Layout())
    return renderer.image(compose(size, ["a"], eyes=eyes), look or Look(), size)


def looking(yaw, pitch, **more):
    return Look(Camera(radians(yaw), radians(pitch)), **more)


def flat_reference(rgb, name, yaw, pitch, size=SIZE):
    options = f"{name}:flat:yaw={yaw}:pitch={pitch}:h_fov=90:v_fov={V_FOV}"
    return v360(rgb, size, f"{options}:w={size[1]}:h={size[0]}")


def covered(projection, yaw, pitch):
    """Where a picture shows something in a view, one pixel of its edge left out."""
    if projection is not Projection.HALF_EQUIRECT:
        return np.ones(SIZE, bool)
    rays = perspective_directions(*SIZE, radians(90)) @ rotation(radians(yaw), radians(pitch)).T
    return np.abs(xyz_to_lonlat(rays)[0]) < radians(89.5)


@pytest.mark.parametrize(("yaw", "pitch"), DIRECTIONS)
@pytest.mark.parametrize("projection", list(Projection))
def test_every_projection_shows_what_v360_shows(renderer, stored, projection, yaw, pitch):
    out = show(renderer, stored[projection], Layout(projection), looking(yaw, pitch))
    file = stored[projection]
    if projection is Projection.DUAL_FISHEYE:
        file = np.roll(file, HEIGHT, axis=1)  # v360's front lens lies in the right half
    reference = flat_reference(file, FILES[projection][0], yaw, pitch)
    seen = covered(projection, yaw, pitch)
    if seen.any():
        assert mean_error(out[seen], reference[seen]) < BAR
    if projection is Projection.HALF_EQUIRECT:
        behind = np.abs(xyz_to_lonlat(_rays(yaw, pitch))[0]) > radians(90.5)
        assert not out[behind].any()


@pytest.mark.parametrize(("yaw", "pitch"), DIRECTIONS)
def test_faces_in_a_row_and_in_a_cross_show_what_v360_shows(renderer, scene, yaw, pitch):
    row = v360(scene, (256, 1536), "e:c6x1:w=1536:h=256")
    reference = flat_reference(row, "c6x1", yaw, pitch)
    right, left, up, down, front, back = np.split(row, 6, axis=1)  # as ffmpeg documents c6x1
    gap = np.zeros_like(up)
    lines = [[gap, up, gap, gap], [left, front, right, back], [gap, down, gap, gap]]
    cross = np.concatenate([np.concatenate(line, axis=1) for line in lines])
    for picture, name in ((row, CubeLayout.C6X1), (cross, CubeLayout.CROSS)):
        for cube in (None, name):
            layout = Layout(Projection.CUBEMAP, cube=cube)
            out = show(renderer, picture, layout, looking(yaw, pitch))
            assert mean_error(out, reference) < BAR


def test_faces_lie_as_the_project_packs_them(renderer, stored):
    """The same sphere in each packing, from the conventions of `vr360.cubelayout`."""
    faces = unpack_faces(stored[Projection.CUBEMAP], CubeLayout.C3X2)
    shown = [
        show(
            renderer,
            pack_faces(faces, cube),
            Layout(Projection.CUBEMAP, cube=cube),
            looking(40, 50),
        )
        for cube in CubeLayout
    ]
    assert all(np.array_equal(shown[0], other) for other in shown[1:])


def _rays(yaw, pitch):
    return perspective_directions(*SIZE, radians(90)) @ rotation(radians(yaw), radians(pitch)).T


@pytest.mark.parametrize("stereo", [Stereo.TOP_BOTTOM, Stereo.LEFT_RIGHT, Stereo.RIGHT_LEFT])
@pytest.mark.parametrize("projection", list(Projection))
def test_each_eye_shows_its_own_half_also_at_the_seam_and_the_poles(
    renderer, stored, projection, stereo
):
    left = stored[projection]
    right = 255 - left
    axis = 0 if stereo is Stereo.TOP_BOTTOM else 1
    halves = [right, left] if stereo is Stereo.RIGHT_LEFT else [left, right]
    joined = np.concatenate(halves, axis=axis)
    for yaw, pitch in [(180, 0), (0, 90), (0, -90), (20, 10)]:
        look = looking(yaw, pitch)
        mono = show(renderer, left, Layout(projection), look)
        for eyes, expected in ((Eyes.LEFT, mono), (Eyes.RIGHT, 255 - mono)):
            out = show(renderer, joined, Layout(projection, stereo), look, eyes)
            seen = covered(projection, yaw, pitch)
            if seen.any():
                assert mean_error(out[seen], expected[seen]) < 1


def test_the_seam_is_invisible(renderer):
    """A picture that varies only with latitude must show no vertical structure at +-180."""
    rows = np.repeat(np.linspace(0, 255, HEIGHT).astype(np.uint8)[:, None, None], 3, axis=2)
    out = show(renderer, np.repeat(rows, 2 * HEIGHT, axis=1), look=looking(180, 0), size=(64, 320))
    assert np.abs(np.diff(out[32, :, 0].astype(int))).max() <= 2


def test_mipmaps_leave_no_line_at_the_seam_and_no_aliasing(renderer):
    """A fine checkerboard shown much smaller is grey everywhere, at the seam too."""
    board = np.indices((1024, 2048)).sum(0) % 2 * 255
    rgb = np.repeat(board.astype(np.uint8)[..., None], 3, axis=2)
    for view in (View.RECTILINEAR, View.FLAT):
        out = show(renderer, rgb, look=Look(Camera(radians(180)), view), size=(64, 128))
        middle = out[24:40].astype(int)
        assert abs(middle.mean() - 127.5) < 3
        assert np.ptp(middle) < 24


def test_turning_the_picture_equals_turning_the_camera(renderer, scene):
    rolled = np.roll(scene, HEIGHT // 2, axis=1)  # a quarter turn to the right
    out = show(renderer, rolled, look=looking(90, 20))
    assert mean_error(out, show(renderer, scene, look=looking(0, 20))) < 0.1


def test_little_planet_is_v360s_stereographic_view_downwards(renderer, stored):
    for projection in (Projection.EQUIRECT, Projection.CUBEMAP, Projection.EQUI_ANGULAR):
        out = show(renderer, stored[projection], Layout(projection), Look(view=View.PLANET))
        v_fov = 4 * np.degrees(np.arctan(np.tan(radians(270 / 4)) * 0.75))
        options = f"{FILES[projection][0]}:sg:pitch=-90:h_fov=270:v_fov={v_fov}:w=320:h=240"
        assert mean_error(out, v360(stored[projection], SIZE, options)) < BAR


def test_flat_view_has_the_seam_in_its_middle(renderer, scene):
    out = show(renderer, scene, look=Look(view=View.FLAT), size=(HEIGHT, 2 * HEIGHT))
    assert mean_error(out, np.roll(scene, HEIGHT, axis=1)) < 1


def test_flat_view_keeps_two_to_one_in_any_window(renderer, scene):
    out = show(renderer, scene, look=Look(view=View.FLAT), size=(300, 400))
    assert not out[:49].any()
    assert not out[251:].any()
    assert out[51:249].any(axis=(1, 2)).all()


WINDOWS = [
    (Projection.EQUIRECT, Bounds(0.125, 0.25, 0.0, 0.0)),
    (Projection.EQUIRECT, Bounds(0.25, 0.125, 0.375, 0.125)),
    (Projection.HALF_EQUIRECT, Bounds(0.25, 0.125, 0.25, 0.25)),
]


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (100, 20), (180, 0), (0, 90), (40, -60)])
@pytest.mark.parametrize(("projection", "bounds"), WINDOWS)
def test_a_part_of_the_sphere_lies_where_its_bounds_say(
    renderer, scene, projection, bounds, yaw, pitch
):
    top, bottom = (round(share * HEIGHT) for share in (bounds.top, 1 - bounds.bottom))
    left, right = (round(share * 2 * HEIGHT) for share in (bounds.left, 1 - bounds.right))
    part = np.ascontiguousarray(scene[top:bottom, left:right])
    look = looking(yaw, pitch)
    out = show(renderer, part, Layout(projection, bounds=bounds), look)
    whole = show(renderer, scene, look=look)
    lon, lat = xyz_to_lonlat(_rays(yaw, pitch))
    x, y = (lon / np.pi + 1) * HEIGHT, (0.5 - lat / np.pi) * HEIGHT
    inside = (y > top + 1) & (y < bottom - 1)
    outside = (y < top - 1) | (y > bottom + 1)
    if bounds.left:
        inside &= (x > left + 1) & (x < right - 1)
        outside |= (x < left - 1) | (x > right + 1)
    assert np.abs(out[inside].astype(int) - whole[inside]).max(initial=0) <= 2
    assert not out[outside].any()


@pytest.mark.parametrize("shape", [(4, 16390), (16390, 4)])
def test_pictures_larger_than_a_texture_are_scaled_down_to_what_is_taken(renderer, shape):
    """A step of brightness stays where it is, along the side that is too long."""
    long = int(np.argmax(shape))
    assert max(shape) > largest_texture(Layout())
    rgb = np.full((*shape, 3), 40, np.uint8)
    rgb[(slice(None),) * long + (slice(max(shape) // 2, None),)] = 200
    out = show(renderer, rgb, look=Look(view=View.FLAT, camera=Camera(radians(180))))
    middle = out[SIZE[0] // 4 : -SIZE[0] // 4]  # the flat view is 2:1 in a window of 4:3
    first, second = np.array_split(middle, 2, axis=long)
    assert abs(first[8:-8, 8:-8].astype(int) - 40).max() <= 1
    assert abs(second[8:-8, 8:-8].astype(int) - 200).max() <= 1


def test_chroma_stays_with_luma_that_is_scaled_down(renderer, scene):
    wide = cv2.resize(scene[:64], (16400, 64), interpolation=cv2.INTER_AREA)
    frame = av.VideoFrame.from_ndarray(wide, format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709"
    )
    picture = picture_from_frame(frame, Colour())
    look = Look(view=View.FLAT)
    assert mean_error(show(renderer, picture, look=look), show(renderer, scene[:64], look=look)) < 3


def decoded(rgb, pixel_format, colour):
    """Encode R'G'B' as the colour says, through an independent matrix implementation."""
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame.time_base, frame.pts = Fraction(1, 25), 0
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=rgb.shape[1], height=rgb.shape[0], format="rgb24", time_base=frame.time_base
    )
    scale = graph.add("scale", f"out_color_matrix={colour.matrix}:out_range={colour.range}:"
                      "flags=accurate_rnd+full_chroma_int+bicubic")  # fmt: skip
    form, sink = graph.add("format", pixel_format), graph.add("buffersink")
    source.link_to(scale)
    scale.link_to(form)
    form.link_to(sink)
    graph.configure()
    source.push(frame)
    return sink.pull()


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "bt2020nc"])
@pytest.mark.parametrize("level", ["tv", "pc"])
@pytest.mark.parametrize(
    "pixel_format",
    ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuv444p10le", "p010le"],
)
def test_pixel_formats_show_the_colours_that_were_encoded(
    renderer, scene, pixel_format, level, matrix
):
    colour = Colour(matrix=matrix, range=level)
    picture = picture_from_frame(decoded(scene, pixel_format, colour), colour)
    look = Look(view=View.FLAT)
    size = (HEIGHT // 2, HEIGHT)
    out = show(renderer, picture, look=look, size=size)
    assert mean_error(out, show(renderer, scene, look=look, size=size)) < 1.5


def test_paired_chroma_looks_as_three_planes_do(renderer, scene, monkeypatch):
    picture = picture_from_frame(decoded(scene, "yuv420p", Colour()), Colour())
    assert with_paired_chroma(picture).pixels is Pixels.SEMIPLANAR
    seen = []
    for on_the_processor in (False, True):
        monkeypatch.setattr(renderer, "_on_the_processor", on_the_processor)
        seen.append(show(renderer, picture, look=looking(180, 40)))
    assert np.abs(seen[0].astype(int) - seen[1]).max() <= 1


@pytest.mark.parametrize(
    "pixel_format", ["gray", "yuv410p", "yuv420p12le", "gbrp", "rgba", "bgr24"]
)
def test_other_pixel_formats_are_converted(renderer, scene, pixel_format):
    grey = np.repeat(scene[:, :, :1], 3, axis=2)
    frame = av.VideoFrame.from_ndarray(grey, format="rgb24").reformat(
        format=pixel_format, dst_colorspace="ITU709"
    )
    out = show(renderer, picture_from_frame(frame, Colour()))
    assert mean_error(out, show(renderer, grey)) < 2


def test_rows_of_odd_width_upload_unsheared(renderer):
    rgb = np.zeros((101, 203, 3), np.uint8)
    rgb[:, 90:113] = 255
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv444p")
    out = show(renderer, picture_from_frame(frame, Colour()), look=looking(0, 0))
    assert out[:, 160].min() > 240
    assert out[:, 20].max() < 16


def test_ten_bit_rgb_uses_its_whole_range(renderer):
    rgb = np.full((64, 128, 3), 1023, np.uint16)
    assert show(renderer, rgb).min() == 255


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
@pytest.mark.parametrize("light", ["", "4000,400"])
def test_hdr_is_shown_as_the_tone_map_has_it(renderer, transfer, light):
    ramp = np.linspace(0, 1023, 512).astype(np.uint16)
    codes = np.stack([np.stack([ramp, ramp // 2, ramp[::-1]], -1)] * 256)
    codes[128:, :, :] = ramp[:, None]  # grey below
    colour = Colour("bt2020nc", "bt2020", transfer, light=light)
    picture = replace(picture_from_rgb(codes), hdr=colour)
    wanted = tone_mapped(codes, transfer, peak_of(colour), ToneMap.BT2390)
    assert np.array_equal(picture_to_rgb(picture), wanted)
    flat = Look(view=View.FLAT)
    shown = [
        show(renderer, each, look=flat, size=(256, 512)).astype(int)
        for each in (picture, picture_from_rgb(wanted))
    ]
    assert abs(shown[0] - shown[1]).max() <= 4
    assert abs(shown[0] - shown[1]).mean() < 0.6


def test_anaglyph_takes_red_from_the_left_eye_and_cyan_from_the_right(renderer):
    both = np.zeros((256, 256, 3), np.uint8)
    both[:128] = (200, 10, 20)
    both[128:] = (30, 180, 90)
    out = show(renderer, both, Layout(stereo=Stereo.TOP_BOTTOM), eyes=Eyes.ANAGLYPH)
    assert (out == (200, 180, 90)).all()


def test_both_eyes_stand_side_by_side(renderer):
    both = np.zeros((256, 256, 3), np.uint8)
    both[128:] = 255
    out = show(renderer, both, Layout(stereo=Stereo.TOP_BOTTOM), eyes=Eyes.BOTH)
    assert not out[:, :160].any()
    assert out[:, 160:].min() == 255


def test_the_wipe_shows_a_left_of_it_and_b_right_of_it(renderer, scene):
    renderer.upload("b", picture_from_rgb(255 - scene), Layout())
    whole = show(renderer, scene)
    passes = compose(SIZE, ["a", "b"], Compare.WIPE, wipe=0.25)
    out = renderer.image(passes, Look(), SIZE)
    assert np.array_equal(out[:, :80], whole[:, :80])
    assert mean_error(out[:, 80:], 255 - whole[:, 80:]) < 0.1


def test_a_picture_with_alpha_lies_over_the_film(renderer):
    renderer.upload(
        "heat", picture_from_rgb(np.full((8, 16, 4), (255, 0, 0, 128), np.uint8)), Layout()
    )
    renderer.upload("a", picture_from_rgb(np.full((8, 16, 3), 100, np.uint8)), Layout())
    out = renderer.image(compose(SIZE, ["a"], overlay="heat"), Look(), SIZE)
    assert np.abs(out[100, 100].astype(int) - (178, 50, 50)).max() <= 1


def test_a_fisheye_of_more_than_half_a_turn_and_swapped_lenses(renderer, scene):
    wide = fisheye(scene, ":h_fov=200:v_fov=200")
    reference = show(renderer, scene, look=looking(100, 20))
    layout = Layout(Projection.DUAL_FISHEYE, lens_fov=radians(200))
    narrow = fisheye(scene)
    if mean_error(wide, narrow) > 1:
        assert mean_error(show(renderer, wide, layout, looking(100, 20)), reference) < BAR
    swapped = np.roll(narrow, HEIGHT, axis=1)
    layout = Layout(Projection.DUAL_FISHEYE, swap_lenses=True)
    assert mean_error(show(renderer, swapped, layout, looking(100, 20)), reference) < BAR


@pytest.mark.parametrize("size", [(HEIGHT, HEIGHT), (HEIGHT, HEIGHT * 3 // 2)])
@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (35, -20), (-40, 25)])
def test_one_fisheye_in_the_middle_of_its_picture(renderer, scene, size, yaw, pitch):
    """As v360 draws the lens; it leaves out the sides of the wide picture, as cameras do not."""
    lens = v360(scene, (HEIGHT, HEIGHT), f"e:fisheye:w={HEIGHT}:h={HEIGHT}:h_fov=200:v_fov=200")
    aside = (size[1] - HEIGHT) // 2
    picture = np.pad(lens, ((0, 0), (aside, aside), (0, 0)))
    layout = Layout(Projection.DUAL_FISHEYE, lens_fov=radians(200), one_lens=True)
    shown = show(renderer, picture, layout, looking(yaw, pitch))
    assert mean_error(shown, flat_reference(scene, "e", yaw, pitch)) < BAR


def test_what_one_fisheye_does_not_see_is_black(renderer):
    layout = Layout(Projection.DUAL_FISHEYE, lens_fov=radians(200), one_lens=True)
    white = np.full((HEIGHT, HEIGHT, 3), 255, np.uint8)
    assert show(renderer, white, layout, looking(180, 0)).max() == 0
    whole = show(renderer, white, layout, looking(90, 0))
    sides = whole[SIZE[0] // 2, [0, -1], 0]
    assert sides.tolist() == [255, 0]  # it sees 10 degrees past the side


def place(lon, lat, yaw=0.0, pitch=0.0):
    """Pixel (row, column) where a direction appears in a view of `SIZE`, 90 degrees wide."""
    x, y, z = rotation(radians(yaw), radians(pitch)).T @ lonlat_to_xyz(radians(lon), radians(lat))
    half = 160
    return round(120 + y / z * half - 0.5), round(160 - x / z * half - 0.5)


@pytest.mark.parametrize(
    ("lines", "look", "spot"),
    [
        (SEAM, (180, 0), (180, 10)),
        (SEAM, (170, 40), (180, 45)),
        (POLES, (0, 90), (50, 85)),
        (POLES, (0, -90), (50, -85)),
        (GRID, (0, 0), (30, 12)),
        (HORIZON, (0, 10), (17, 0)),
    ],
)
def test_lines_lie_where_they_should(renderer, lines, look, spot):
    grey = np.full((64, 128, 3), 64, np.uint8)
    out = show(renderer, grey, look=looking(*look, lines=lines))
    row, column = place(*spot, *look)
    assert np.ptp(out[row - 1 : row + 2, column - 1 : column + 2].max((0, 1)).astype(int)) >= 0
    assert out[row - 1 : row + 2, column - 1 : column + 2].max() > 120
    assert (out == 64).all(axis=2).mean() > 0.9


@pytest.mark.parametrize("view", list(View))
def test_lines_are_as_thin_everywhere(renderer, view):
    """Also in the flat view near the poles, where a pixel spans much longitude."""
    grey = np.full((64, 128, 3), 64, np.uint8)
    out = show(renderer, grey, look=Look(view=view, lines=GRID | SEAM), size=(360, 720))
    lit = np.any(out != 64, axis=2) & np.any(out != 0, axis=2)
    assert lit.any()
    opened = cv2.erode(lit[6:-6].astype(np.uint8), np.ones((5, 5), np.uint8))
    assert opened.sum() <= 4 * 9  # where lines meet


def test_orientation_turns_the_picture_under_the_camera(renderer, scene):
    turn = rotation(radians(25), radians(-10), radians(15))
    upright = show(renderer, scene, look=Look(Camera(radians(25), radians(-10), radians(15))))
    assert mean_error(show(renderer, scene, look=Look(orientation=turn)), upright) < 0.01


def test_a_new_layout_replaces_the_old_one(renderer, scene):
    before = show(renderer, scene)
    show(renderer, scene, Layout(Projection.CUBEMAP, Stereo.TOP_BOTTOM))
    assert np.array_equal(show(renderer, scene), before)


def test_an_empty_slot_is_black(renderer):
    renderer.forget("a")
    assert not renderer.image(compose(SIZE, ["a"]), Look(), SIZE).any()


def test_planes_of_a_decoded_frame_are_not_copied():
    frame = av.VideoFrame(64, 32, "yuv420p")
    picture: Picture = picture_from_frame(frame, Colour())
    assert all(plane.base is not None for plane in picture.planes)
    assert [p.shape for p in picture.planes] == [(32, 64), (16, 32), (16, 32)]


def test_drawing_fewer_pixels_and_enlarging_them_shows_the_same(renderer, scene):
    full = show(renderer, scene, look=looking(30, 10))
    small = (SIZE[0] // 2, SIZE[1] // 2)

    with _aside(SIZE):
        renderer.draw_enlarged(compose(small, ["a"]), looking(30, 10), small, SIZE)
        out = read_pixels(SIZE)
    assert mean_error(out, full) < 2
