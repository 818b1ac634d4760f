// The director's view: `viewer/journey.py` in the browser's language. Each quantity follows a
// monotone cubic (Fritsch and Carlson, 1980), yaw the shorter way round. Radians, seconds. Pure.
import { camera, wrapAngle } from "./camera.js";

/** @typedef {{time: number, yaw: number, pitch: number, fov: number}} Keyframe */

/** @param {Keyframe[]} frames at least one, in the order of time @param {number} time
 * @returns {import("./camera.js").Camera} before the first and after the last one it rests */
export function cameraAt(frames, time) {
  const times = frames.map((frame) => frame.time);
  const yaws = [frames[0].yaw];
  for (let i = 1; i < frames.length; i++) yaws.push(yaws[i - 1] + wrapAngle(frames[i].yaw - frames[i - 1].yaw));
  return camera({
    yaw: eased(times, yaws, time),
    pitch: eased(times, frames.map((frame) => frame.pitch), time),
    fov: eased(times, frames.map((frame) => frame.fov), time),
  });
}

/** @param {number[]} times @param {number[]} values @param {number} time */
function eased(times, values, time) {
  const after = times.findIndex((each) => each > time);
  if (after === 0) return values[0];
  if (after < 0) return values[values.length - 1];
  const span = times[after] - times[after - 1];
  const t = (time - times[after - 1]) / span;
  const [left, right] = [values[after - 1], values[after]];
  const [out, into] = [after - 1, after].map((i) => slope(times, values, i) * span);
  return left + (right - left) * t * t * (3 - 2 * t) + t * (1 - t) * ((1 - t) * out - t * into);
}

/** @param {number[]} times @param {number[]} values @param {number} i */
function slope(times, values, i) {
  if (i === 0 || i === times.length - 1) return 0;
  const before = (values[i] - values[i - 1]) / (times[i] - times[i - 1]);
  const after = (values[i + 1] - values[i]) / (times[i + 1] - times[i]);
  return before * after > 0 ? (2 * before * after) / (before + after) : 0;
}
