"""What people type, as values; a `BadParameter` says what was expected."""

from __future__ import annotations

import re
from fractions import Fraction

import typer

from pipeline.choices import StereoOrAuto
from vr360.choices import Stereo


def parse_seconds(text: str | None, option: str) -> Fraction | None:
    """`90`, `1:30` or `0:01:30.5` as exact seconds."""
    if text is None:
        return None
    if not re.fullmatch(r"(\d+:){0,2}\d+(\.\d+)?", text):
        raise typer.BadParameter(f"{option} {text}: give seconds or [H:]M:S, as 90 or 1:30")
    seconds = Fraction(0)
    for part in text.split(":"):
        seconds = seconds * 60 + Fraction(part)
    return seconds


def parse_size(text: str | None) -> tuple[int, int] | None:
    """`WxH` as (height, width); both even, as every film needs."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match:
        raise typer.BadParameter(f"--size {text}: give WxH, as 2048x1024")
    width, height = int(match[1]), int(match[2])
    if width % 2 or height % 2 or min(width, height) < 16:
        raise typer.BadParameter(f"--size {text}: both sides must be even and at least 16")
    return height, width


def parse_bytes(text: str | None, option: str) -> int | None:
    """`4G`, `512M` or `1.5G`, in powers of 1024."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([MGT])(?:i?B)?", text, re.IGNORECASE)
    if not match or not float(match[1]):
        raise typer.BadParameter(f"{option} {text}: give a size, as 4G or 800M")
    return int(float(match[1]) * 1024 ** (2 + "MGT".index(match[2].upper())))


def parse_rate(text: str | None) -> Fraction | None:
    """`30`, `29.97` or `30000/1001` as an exact rate; 29.97 and its like are n/1001."""
    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"--rate {text}: give frames a second, as 30000/1001") from None
    if not 0 < rate <= 1000:
        raise typer.BadParameter(f"--rate {text}: more than 0 and at most 1000 frames a second")
    drop = Fraction(round(rate) * 1000, 1001)
    return drop if rate != drop and abs(rate - drop) < Fraction(1, 100) else rate


def stereo_of(word: StereoOrAuto) -> Stereo | None:
    """`auto` is None: what the file says."""
    return None if word is StereoOrAuto.AUTO else Stereo(word)


def parse_numbers(text: str, option: str) -> tuple[float, ...]:
    """`0.5,1,1.5`, each once."""
    try:
        return tuple(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        raise typer.BadParameter(f"{option} {text}: give numbers, as 0.5,1,1.5") from None
