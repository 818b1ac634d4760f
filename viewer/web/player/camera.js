// Where the viewer looks, and how a pointer turns it: `viewer/camera.py` and the views of
// `viewer/composition.py` in the browser's language. Radians; matrices are 3x3, column by column.
// Pure: no clock, no page, no WebGL.

/** @typedef {{yaw: number, pitch: number, fov: number}} Camera */
/** @typedef {"rectilinear" | "planet" | "flat"} View */
/** @typedef {[number, number]} Point from the top left corner; sizes are [width, height] */

export const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
export const RADIAN = Math.PI / 180;
export const FOV_MIN = 20 * RADIAN;
export const FOV_MAX = 150 * RADIAN;
const ZOOM_STEP = 1.1; // a notch of the wheel
const GLIDE_DECAY = 4; // a second: a flick dies out within about one
const RESTING = 0.5 * RADIAN;

/** @param {number} angle */
export function wrapAngle(angle) {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));
}

/** @param {number} value @param {number} low @param {number} high */
export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** @param {Partial<Camera>} wanted @returns {Camera} yaw wrapped; pitch and fov in range */
export function camera({ yaw = 0, pitch = 0, fov = 90 * RADIAN }) {
  return {
    yaw: wrapAngle(yaw),
    pitch: clamp(pitch, -Math.PI / 2, Math.PI / 2),
    fov: clamp(fov, FOV_MIN, FOV_MAX),
  };
}

/** Turns the forward direction to (yaw, pitch), as `vr360.geometry.rotation` does.
 * @param {number} yaw @param {number} [pitch] */
export function rotation(yaw, pitch = 0) {
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cp, sp] = [Math.cos(pitch), Math.sin(pitch)];
  return [cy, 0, sy, -sy * sp, cp, cy * sp, -sy * cp, -sp, cy * cp];
}

/** @param {number[]} a @param {number[]} b @returns {number[]} a times b */
export function multiply(a, b) {
  const entry = (/** @type {number} */ row, /** @type {number} */ column) =>
    a[row] * b[column] + a[row + 3] * b[column + 1] + a[row + 6] * b[column + 2];
  return b.map((_, i) => entry(i % 3, i - (i % 3)));
}

/** Rotation from the axes of a view to the world; see `viewer.composition.view_matrix`.
 * @param {Camera} at @param {View} view */
export function viewMatrix(at, view) {
  if (view === "flat") return rotation(at.yaw + Math.PI);
  const level = rotation(at.yaw, at.pitch);
  return view === "planet" ? multiply(level, rotation(0, -Math.PI / 2)) : level;
}

/** Half of what a rectilinear view spans from left to right, as a tangent. `fov` is that of the
 * longer side: across a phone that is held upright, 90 degrees would stretch.
 * @param {number} fov @param {Point} size */
function halfAcross(fov, [width, height]) {
  return Math.tan(fov / 2) * Math.min(1, width / height);
}

/** Half-extents of the image plane; see `viewer.composition.reach`.
 * @param {Camera} at @param {View} view @param {Point} size @returns {Point} */
export function reach(at, view, [width, height]) {
  let half = halfAcross(at.fov, [width, height]);
  if (view === "flat") half = Math.max(Math.PI, (Math.PI / 2) * (width / height));
  if (view === "planet") half = Math.tan(Math.min(3 * at.fov, 1.9 * Math.PI) / 4);
  return [half, (half * height) / width];
}

/** The tangent scales, so that the picture scales evenly. @param {Camera} at @param {number} notches */
export function zoomed(at, notches) {
  const half = Math.tan(at.fov / 2) * ZOOM_STEP ** -notches;
  return camera({ ...at, fov: 2 * Math.atan(half) });
}

/** @param {Camera} at @param {number} yaw @param {number} pitch */
export function turned(at, yaw, pitch) {
  return camera({ ...at, yaw: at.yaw + yaw, pitch: at.pitch + pitch });
}

/** Turn so that the content at `start` lies at `end`, as far as that goes without roll.
 * @param {Camera} at @param {Point} start @param {Point} end @param {Point} size */
export function dragged(at, start, end, size) {
  const grabbed = apply(rotation(at.yaw, at.pitch), ray(start, size, at.fov));
  const aim = ray(end, size, at.fov);
  const pitch = pitchThatLifts(aim, grabbed[1], at.pitch);
  const level = apply(rotation(0, pitch), aim);
  const yaw = Math.atan2(grabbed[0], -grabbed[2]) - Math.atan2(level[0], -level[2]);
  return camera({ ...at, yaw, pitch });
}

/** Where a rectilinear view shows a direction, in pixels from the top left corner; null where it does not.
 * @param {Camera} at @param {number} yaw @param {number} pitch @param {Point} size @returns {Point | null} */
export function seenAt(at, yaw, pitch, [width, height]) {
  const world = [Math.sin(yaw) * Math.cos(pitch), Math.sin(pitch), -Math.cos(yaw) * Math.cos(pitch)];
  const turn = rotation(at.yaw, at.pitch); // its transpose leads back
  const [x, y, z] = [0, 3, 6].map((row) => turn[row] * world[0] + turn[row + 1] * world[1] + turn[row + 2] * world[2]);
  const [across, up] = reach(at, "rectilinear", [width, height]);
  const [right, above] = [x / -z / across, y / -z / up];
  if (z >= 0 || Math.max(Math.abs(right), Math.abs(above)) > 1) return null;
  return [((right + 1) * width) / 2, ((1 - above) * height) / 2];
}

/** What is left of a flick after `seconds`; the decay is exact, whatever the frame rate.
 * @param {Camera} at @param {Point} speed radians a second @param {number} seconds
 * @returns {[Camera, Point | null]} null once it rests */
export function glided(at, [yaw, pitch], seconds) {
  const left = Math.exp(-GLIDE_DECAY * seconds);
  const way = (1 - left) / GLIDE_DECAY;
  const resting = Math.hypot(yaw, pitch) * left < RESTING;
  return [turned(at, yaw * way, pitch * way), resting ? null : [yaw * left, pitch * left]];
}

/** @param {number[]} m @param {number[]} v */
function apply(m, v) {
  return [0, 1, 2].map((row) => m[row] * v[0] + m[row + 3] * v[1] + m[row + 6] * v[2]);
}

/** @param {Point} point @param {Point} size @param {number} fov */
function ray([x, y], [width, height], fov) {
  const half = halfAcross(fov, [width, height]);
  const [right, up] = [((2 * x) / width - 1) * half, ((1 - (2 * y) / height) * half * height) / width];
  const length = Math.hypot(right, up, 1);
  return [right / length, up / length, -1 / length];
}

/** The pitch, closest to `near`, that turns the ray `aim` to the given height above level.
 * @param {number[]} aim @param {number} height @param {number} near */
function pitchThatLifts(aim, height, near) {
  const [up, forward] = [aim[1], -aim[2]];
  const lean = Math.atan2(forward, up);
  const swing = Math.acos(clamp(height / Math.hypot(up, forward), -1, 1));
  const choices = [wrapAngle(lean + swing), wrapAngle(lean - swing)];
  choices.sort((a, b) => Math.abs(a - near) - Math.abs(b - near));
  return Math.cos(choices[0]) >= 0 ? Math.asin(Math.sin(choices[0])) : near;
}
