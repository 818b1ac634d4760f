"""Every command of the window: its name, words, keys and menu. Menus and help are made from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One thing the user can do.

    Attributes:
        name: of what does it in the `commands` of the window or of one of its parts; what follows
            a colon is handed to it.
        keys: in Qt's portable notation, the first one shown.
        group: commands of a group exclude each other and show which one holds.
        checkable: shows whether it is on.
    """

    name: str
    text: str
    menu: str
    keys: tuple[str, ...] = ()
    group: str = ""
    checkable: bool = False


def _choices(
    group: str, menu: str, rows: tuple[tuple[str, str, tuple[str, ...]], ...]
) -> list[Command]:
    return [Command(f"{group}:{value}", text, menu, keys, group) for value, text, keys in rows]


COMMANDS = (
    Command("choose_film", "Open…", "File", ("Ctrl+O",)),
    Command("choose_original", "Compare with an original…", "File", ("Ctrl+Shift+O",)),
    Command("save_view", "Save the view", "File", ("S",)),
    Command("save_frame", "Save the whole frame", "File", ("Shift+S",)),
    Command("close", "Quit", "File", ("Ctrl+Q",)),
    Command("toggle_play", "Play or pause", "Play", ("Space",)),
    Command("seek_by:-5", "5 seconds back", "Play", ("Left",)),
    Command("seek_by:5", "5 seconds on", "Play", ("Right",)),
    Command("step:-1", "One frame back", "Play", (",",)),
    Command("step:1", "One frame on", "Play", (".",)),
    Command("seek_to_start", "To the start", "Play", ("Home",)),
    Command("seek_to_end", "To the end", "Play", ("End",)),
    Command("change_speed:-1", "Slower", "Play", ("[",)),
    Command("change_speed:1", "Faster", "Play", ("]",)),
    Command("toggle_loop", "Loop", "Play", ("L",), checkable=True),
    Command("set_in", "In point here", "Play", ("I",)),
    Command("set_out", "Out point here", "Play", ("O",)),
    Command("clear_span", "Forget in and out points", "Play", ("Backspace",)),
    Command("toggle_mute", "Mute", "Play", ("M",), checkable=True),
    Command("change_volume:-1", "Quieter", "Play", ("9",)),
    Command("change_volume:1", "Louder", "Play", ("0",)),
    *_choices(
        "view",
        "View",
        (
            ("rectilinear", "Look around", ("1",)),
            ("planet", "Little planet", ("2",)),
            ("flat", "Flat, the seam in the middle", ("3",)),
        ),
    ),
    Command("recentre", "Recentre", "View", ("R",)),
    Command("look_left", "Look left", "View", ("Shift+Left",)),
    Command("look_right", "Look right", "View", ("Shift+Right",)),
    Command("look_up", "Look up", "View", ("Shift+Up",)),
    Command("look_down", "Look down", "View", ("Shift+Down",)),
    Command("zoom:1", "Zoom in", "View", ("+", "=")),
    Command("zoom:-1", "Zoom out", "View", ("-",)),
    Command("toggle_full_screen", "Full screen", "View", ("F", "F11")),
    Command("leave", "Leave full screen or help", "View", ("Esc",)),
    Command("toggle_facts", "Facts about the film", "View", ("Tab",), checkable=True),
    *_choices(
        "eyes",
        "Eyes",
        (
            ("left", "Left", ()),
            ("right", "Right", ()),
            ("side-by-side", "Side by side", ()),
            ("anaglyph", "Anaglyph, red and cyan", ()),
        ),
    ),
    Command("next_eyes", "Next", "Eyes", ("E",)),
    *_choices(
        "projection",
        "Projection",
        (
            ("equirect", "Equirectangular", ()),
            ("cubemap", "Cube map", ()),
            ("equi-angular", "Equi-angular cube map", ()),
            ("half-equirect", "Half equirectangular (VR180)", ()),
            ("dual-fisheye", "Dual fisheye", ()),
        ),
    ),
    Command("next_projection", "Next", "Projection", ("P",)),
    *_choices(
        "faces",
        "Projection",
        (
            ("auto", "Faces as the file says", ()),
            ("c3x2", "Faces 3 x 2", ()),
            ("cbmp", "Faces 3 x 2, as metadata means them", ()),
            ("c6x1", "Faces in a row", ()),
            ("cross", "Faces in a cross", ()),
            ("eac", "Faces 3 x 2, as YouTube turns them", ()),
        ),
    ),
    Command("swap_lenses", "Swap the lenses", "Projection", checkable=True),
    Command("widen_lens:5", "Lens 5° wider", "Projection", ("Ctrl+]",)),
    Command("widen_lens:-5", "Lens 5° narrower", "Projection", ("Ctrl+[",)),
    Command("roll_lens:1", "Lens roll 1° clockwise", "Projection"),
    Command("roll_lens:-1", "Lens roll 1° anticlockwise", "Projection"),
    *_choices(
        "stereo",
        "Stereo",
        (
            ("mono", "Mono", ()),
            ("tb", "Top and bottom", ()),
            ("lr", "Left and right", ()),
            ("rl", "Right and left", ()),
        ),
    ),
    Command("next_stereo", "Next", "Stereo", ("Shift+P",)),
    *_choices(
        "compare",
        "Compare",
        (
            ("a", "Only A", ()),
            ("b", "Only B", ()),
            ("wipe", "Wipe", ("W",)),
            ("side-by-side", "Side by side", ("D",)),
        ),
    ),
    Command("toggle_ab", "Toggle A and B", "Compare", ("B",)),
    Command("toggle_styles", "Paint live…", "Style", ("T",), checkable=True),
    Command("stop_painting", "Stop painting", "Style", ("Shift+T",)),
    Command("line:seam", "Seam", "Overlays", ("Ctrl+1",), checkable=True),
    Command("line:poles", "Poles", "Overlays", ("Ctrl+2",), checkable=True),
    Command("line:grid", "Grid of 30°", "Overlays", ("G",), checkable=True),
    Command("line:horizon", "Horizon", "Overlays", ("H",), checkable=True),
    *_choices(
        "heat",
        "Overlays",
        (
            ("none", "No heat map", ("Ctrl+3",)),
            ("difference", "Difference of A and B", ("Ctrl+4",)),
            ("flicker", "Flicker", ("Ctrl+5",)),
        ),
    ),
    Command("toggle_level", "Level the horizon…", "Overlays", ("Shift+H",), checkable=True),
    Command("choose_levelled", "Save a levelled copy…", "Overlays"),
    Command("toggle_brush", "Paint a mask", "Mask", ("X",), checkable=True),
    Command("toggle_polygon", "Draw a polygon", "Mask", ("Shift+X",), checkable=True),
    Command("close_polygon", "Close the polygon", "Mask", ("Return", "Enter")),
    Command("size_brush:1", "Wider brush", "Mask", ("Ctrl+Up",)),
    Command("size_brush:-1", "Narrower brush", "Mask", ("Ctrl+Down",)),
    Command("undo_stroke", "Undo the last stroke or corner", "Mask", ("Ctrl+Z",)),
    Command("toggle_follow", "Follow what it covers", "Mask", ("Ctrl+F",), checkable=True),
    Command("clear_mask", "Clear the mask", "Mask"),
    Command("save_mask", "Save the mask…", "Mask", ("Ctrl+S",)),
    Command("add_keyframe", "Keyframe here", "Path", ("K",)),
    Command("remove_keyframe", "Remove the nearest keyframe", "Path", ("Shift+K",)),
    Command("toggle_travel", "Follow the path", "Path", ("J",), checkable=True),
    Command("choose_path", "Open a view path…", "Path"),
    Command("save_path", "Save the view path…", "Path"),
    Command("export_path", "Export as a flat film…", "Path", ("Ctrl+E",)),
    Command("toggle_help", "All keys", "Help", ("F1", "?"), checkable=True),
)

NAMES = frozenset(command.name.partition(":")[0] for command in COMMANDS)

MOUSE = (
    ("Drag", "Look around; let go in motion to glide"),
    ("Drag with the right button", "Look around; also while you paint a mask"),
    ("Wheel", "Zoom, 20° to 150°"),
    ("Double click", "Full screen; the last corner of a polygon"),
    ("Drag the line", "Wipe between A and B"),
    ("Click the bar", "Seek; hover for a thumbnail"),
    ("Drop a file", "Open it"),
)


def key_table() -> list[tuple[str, str]]:
    """(keys, what they do) of every command that has keys, then the mouse."""
    rows = [("  ".join(c.keys), f"{c.menu}: {c.text}") for c in COMMANDS if c.keys]
    return rows + list(MOUSE)
