"""Worked examples for the end of every `--help`; a test parses each."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "stylize": (
        "vr360 stylize clip.mp4 film.mp4 --style starry_night",
        "vr360 stylize clip.mp4 film.mp4 --style starry_night:0.7,great_wave:0.3 --strength 0.8",
        "vr360 stylize clip.mp4 film.mp4 --style the_scream --strength 0s:0,4s:1 --duration 10",
        "vr360 stylize clip.mp4 film.mp4 --style stained_glass --stroke 2",
        "vr360 stylize clip.mp4 film.mp4 --style great_wave --paint-every auto",
        "vr360 stylize clip.mp4 film.mp4 --style carpet.jpg --refine 60",
        "vr360 stylize pair.mp4 film.mkv --style night_cafe --stereo tb --passes 2",
    ),
    "film": (
        "vr360 film film.toml film.mp4",
        "vr360 film film.toml --check --sheet sheet.png",
        "vr360 film film.toml draft.mp4 --preview",
        "vr360 film film.toml one.mp4 --scene meadow --force",
        "vr360 film film.toml --from cut.edl --clips footage --rate 30000/1001",
    ),
    "plan": (
        "vr360 plan clip.mp4 --style starry_night",
        "vr360 plan clip.mp4 film.mkv --style starry_night --workers 20 --price 1.10",
    ),
    "stitch": (
        "vr360 stitch 360_0012.MP4 sphere.mp4",
        "vr360 stitch 360_0012.MP4 sphere.mp4 --camera gear360-2017 --calibrate "
        "--save-camera mine.pto",
    ),
    "convert": (
        "vr360 convert clip.mp4 cube.mkv --to cubemap",
        "vr360 convert clip.mp4 view.mp4 --to rectilinear --fov 100 --yaw 90 --size 1920x1080",
        "vr360 convert GS010012.360 level.mp4 --level gravity --lock",
        "vr360 convert hdr.mp4 sdr.mp4 --to-sdr bt2390",
        "vr360 convert faces back.png --from cubemap --from-layout faces",
    ),
    "demo": ("vr360 demo", "vr360 demo --style great_wave --out wave"),
    "view": (
        "vr360 view film.mp4 --compare clip.mp4",
        "vr360 view clip.mp4 --style starry_night",
        "vr360 view film.mp4 --screenshot view.png --at 2.5 --yaw 90",
        "vr360 view lens.mp4 --from fisheye --from-fov 200",
    ),
    "share": (
        "vr360 share film.mp4 site --compare clip.mp4 --title 'The valley, painted'",
        "vr360 share dawn.mp4 noon.mp4 still.jpg site --title 'A day'",
        "vr360 share film.mp4 site --view 90,0,80 --poster 3.5",
    ),
    "serve": (
        "vr360 serve site",
        "vr360 serve site --lan",
        "vr360 serve film.mp4 --port 0",
        "vr360 serve clip.mp4 --live --lan",
    ),
    "train": (
        "vr360 train painting.jpg mine.safetensors --photos photos",
        "vr360 train comic.png comic.safetensors --photos photos --kind animation --minutes 20",
        "vr360 train painting.jpg mine.safetensors --photos photos --resume",
    ),
    "discover": (
        "vr360 discover starry_night great_wave --out looks",
        "vr360 discover starry_night --on clip.mp4 --strength 0.5,1,1.5 --out looks",
        "vr360 discover painting.jpg --photos photos --vgg-weights vgg16.safetensors --out looks",
    ),
    "optimize": (
        "vr360 optimize still.jpg hero.png --style painting.jpg",
        "vr360 optimize still.jpg hero.png --style comic.png --kind animation -u 3",
        "vr360 optimize clip.mp4 shot.mkv --style painting.jpg --init flow --duration 2",
    ),
    "explore": (
        "vr360 explore still.jpg looks --style painting.jpg",
        "vr360 explore clip.mp4 looks --style painting.jpg -u 2,4 --at 3.5",
    ),
    "measure": (
        "vr360 measure film.mp4 --source clip.mp4 --report report",
        "vr360 measure film.mp4 --source clip.mp4 --style painting.jpg --json",
        "vr360 measure --style mine.safetensors",
        "vr360 measure --style starry_night --painting painting.jpg --panoramas spheres",
    ),
    "inspect": ("vr360 inspect film.mp4", "vr360 inspect film.mp4 photo.jpg --json"),
    "inject": (
        "vr360 inject film.mp4 tagged.mp4 --projection equirect --stereo tb",
        "vr360 inject photo.jpg",
    ),
    "doctor": ("vr360 doctor", "vr360 doctor --json"),
    "remove": ("vr360 remove film.mp4 plain.mp4",),
}
