from pipeline.film.lines import in_values, key_lines, line_of

TEXT = """\
[film]
rate = 24  # [not a table]

[[scene]]
source = "a # [b].mp4"
yaw = [
  [0, 1],
  [2, 3],
]
out = 3
[[scene.sound]]
level = 1

[[scene]]
"transition" = { kind = "fade",
  seconds = 2 }
text = '''
in = 5
'''
in = 6
[[scene.sound]]
[[scene.sound]]
level = 2
"""


def test_every_key_has_the_line_that_it_stands_on():
    lines = key_lines(TEXT)
    places = {
        ("film", "rate"): 2, ("scene", 0): 4, ("scene", 0, "yaw"): 6, ("scene", 0, "out"): 10,
        ("scene", 0, "sound", 0, "level"): 12, ("scene", 1): 14, ("scene", 1, "transition"): 15,
        ("scene", 1, "in"): 20, ("scene", 1, "sound", 1, "level"): 23,
    }  # fmt: skip
    assert {place: lines[place] for place in places} == places


def test_what_has_no_line_takes_that_of_what_is_around_it():
    assert line_of(key_lines(TEXT), ("scene", 1, "transition", "kind")) == 15
    assert line_of(key_lines(TEXT), ("masks", "sun")) == 1


def test_values_are_named_by_their_scene_and_key():
    locate = in_values({"scene": [{"source": "a.mp4"}, {"name": "lake", "source": "b.mp4"}]})
    told = {
        ((), "no scene"): "film: no scene",
        (("film", "rate"), "rate: 0"): "film: rate: 0",
        (("scene", 0), "source is missing"): "scene 1 (a.mp4): source is missing",
        (("scene", 1, "sound", 0, "level"), "level: 99"): "scene 2 (lake), sound 1: level: 99",
        (("masks", "sun"), "say what"): "masks, sun: say what",
        (("title", 1), "no picture"): "title 2: no picture",
    }
    assert {problem: locate(*problem)[1] for problem in told} == told
