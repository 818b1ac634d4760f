// Links to a moment and a view: `?t=12.5&yaw=30&pitch=-5&fov=90&ab=50`. Seconds, degrees, per cent.
import { RADIAN, camera, clamp } from "./camera.js";

/** @typedef {{time: number | null, camera: import("./camera.js").Camera, wipe: number | null}} Place */

/** @param {string} search @param {{yaw: number, pitch: number, fov: number}} start degrees
 * @returns {Place} what the link says, and the start where it says nothing */
export function placeOf(search, start) {
  const words = new URLSearchParams(search);
  const number = (/** @type {string} */ name) => {
    const said = words.get(name);
    return said !== null && said.trim() !== "" && Number.isFinite(Number(said)) ? Number(said) : null;
  };
  const degrees = (/** @type {"yaw" | "pitch" | "fov"} */ name) => (number(name) ?? start[name]) * RADIAN;
  const [time, wipe] = [number("t"), number("ab")];
  return {
    time: time === null ? null : Math.max(time, 0),
    camera: camera({ yaw: degrees("yaw"), pitch: degrees("pitch"), fov: degrees("fov") }),
    wipe: wipe === null ? null : clamp(wipe / 100, 0, 1),
  };
}

/** Whether a link looks elsewhere than the page does by itself. @param {string} search */
export function turnsView(search) {
  const words = new URLSearchParams(search);
  return ["yaw", "pitch", "fov"].some((name) => words.has(name));
}

/** @param {string} page the address @param {Place} place @returns {string} */
export function linkTo(page, { time, camera: at, wipe }) {
  const link = new URL(page);
  const say = (/** @type {string} */ name, /** @type {number | null} */ value, digits = 1) => {
    if (value === null) link.searchParams.delete(name);
    else link.searchParams.set(name, String(Number(value.toFixed(digits))));
  };
  say("t", time, 2);
  say("yaw", at.yaw / RADIAN);
  say("pitch", at.pitch / RADIAN);
  say("fov", at.fov / RADIAN);
  say("ab", wipe === null ? null : wipe * 100);
  return link.href;
}

/** @param {number} seconds @returns {string} m:ss, or h:mm:ss */
export function clockTime(seconds) {
  const whole = Math.floor(Math.max(seconds, 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
