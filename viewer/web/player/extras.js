// What comes with a film where there is any: pictures on the seek bar, the director's view; and the
// sensor that tells how a phone is held.
import { RADIAN, camera, clamp, turned, wrapAngle } from "./camera.js";
import { cameraAt } from "./journey.js";
import { clockTime } from "./links.js";
import { Trouble, WORDS } from "./words.js";

/** @typedef {import("./page.js").Page} Page */

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** The picture at the place that the pointer is over. @param {Page} page */
export function wireThumbs({ player }) {
  const { thumbs } = player.show;
  const [seek, box] = [at("seek"), at("thumb")];
  seek.addEventListener("pointerleave", () => (box.hidden = true));
  seek.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const place = seek.getBoundingClientRect();
    const share = clamp((event.clientX - place.left) / place.width, 0, 1);
    box.hidden = false;
    box.style.left = `${event.clientX}px`;
    box.querySelector("span").textContent = clockTime(share * player.duration);
    if (thumbs) showThumb(box.querySelector("div"), thumbs, share);
  });
}

/** @param {HTMLElement} box @param {NonNullable<import("./player.js").Show["thumbs"]>} thumbs
 * @param {number} share of the film */
function showThumb(box, { src, count, columns, width, height }, share) {
  const n = Math.min(Math.floor(share * count), count - 1);
  const place = `-${(n % columns) * width}px -${Math.floor(n / columns) * height}px`;
  Object.assign(box.style, { width: `${width}px`, height: `${height}px`, backgroundPosition: place });
  box.style.backgroundImage = `url("${src}")`;
}

/** The camera follows the film's keyframes until somebody looks elsewhere. @param {Page} page */
export function wireDirector({ player }) {
  const path = player.show.path;
  const button = at("director");
  button.hidden = !path;
  if (!path) return;
  const follow = (/** @type {boolean} */ on) => button.setAttribute("aria-pressed", String(on));
  const follows = () => button.getAttribute("aria-pressed") === "true";
  const step = () => follows() && player.look(cameraAt(path, player.time));
  follow(!/[?&](yaw|pitch)=/.test(location.search)); // a link to a view means that view
  player.addEventListener("drag", () => follow(false));
  player.addEventListener("time", step);
  button.onclick = () => {
    follow(!follows());
    step();
  };
}

/** Turning the phone turns the view. A phone asks first, and only in a gesture. @param {Page} page */
export function wireSensor({ player, attempt }) {
  const button = at("sensor");
  const there = "DeviceOrientationEvent" in window && matchMedia("(pointer: coarse)").matches;
  button.hidden = !there || !isSecureContext;
  /** @type {[number, number] | null} */
  let before = null;
  const turn = (/** @type {DeviceOrientationEvent} */ event) => {
    const now = directionOf(event);
    if (now && before) player.look(turned(player.at, wrapAngle(now[0] - before[0]), now[1] - before[1]));
    else if (now) player.look(camera({ ...player.at, pitch: now[1] }));
    before = now;
  };
  button.onclick = () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    window.removeEventListener("deviceorientation", turn);
    before = null;
    if (on) void attempt(() => askForSensor(turn));
  };
}

/** @param {(event: DeviceOrientationEvent) => void} turn @throws {Trouble} refused */
async function askForSensor(turn) {
  const ask = /** @type {any} */ (DeviceOrientationEvent).requestPermission; // iOS alone has it
  const answer = ask ? await ask.call(DeviceOrientationEvent).catch(() => "denied") : "granted";
  if (answer !== "granted") throw new Trouble(WORDS.noSensor);
  window.addEventListener("deviceorientation", turn);
}

/** Where the back of a device points: yaw to the right and pitch upwards, radians.
 * W3C Device Orientation: rotations Z (alpha), X (beta), Y (gamma); x east, y north, z up.
 * @param {{alpha: number | null, beta: number | null, gamma: number | null}} said degrees
 * @returns {[number, number] | null} */
export function directionOf({ alpha, beta, gamma }) {
  if (alpha === null || beta === null || gamma === null) return null;
  const [a, b, g] = [alpha * RADIAN, beta * RADIAN, gamma * RADIAN];
  const east = -Math.cos(a) * Math.sin(g) - Math.sin(a) * Math.sin(b) * Math.cos(g);
  const north = -Math.sin(a) * Math.sin(g) + Math.cos(a) * Math.sin(b) * Math.cos(g);
  const up = -Math.cos(b) * Math.cos(g);
  return [Math.atan2(east, north), Math.asin(clamp(up, -1, 1))];
}
