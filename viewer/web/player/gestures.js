// Mouse, touch, pen and wheel turn the camera: drag with inertia, pinch, wheel, double click.
import { RADIAN, clamp, dragged, turned, zoomed } from "./camera.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {[number, number]} Point */

const NOTCH = 100; // pixels that a notch of a wheel scrolls
const REMEMBERED = 80; // milliseconds of a drag that make its speed
const STILL = 40; // milliseconds without a movement end a flick
const FASTEST = 2 * Math.PI; // radians a second
const TAP = 6; // pixels that a tap may move

export class Gestures {
  /** @param {Player} player @param {{tap: () => void, fullScreen: () => void, reduced: MediaQueryList}} does */
  constructor(player, does) {
    this.player = player;
    this.does = does;
    /** @type {Map<number, Point>} */
    this.fingers = new Map();
    /** @type {{time: number, point: Point}[]} */
    this.trail = [];
    this.moved = 0;
    const on = player.canvas;
    on.addEventListener("pointerdown", (event) => this.down(event));
    on.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      on.addEventListener(name, (event) => this.up(/** @type {PointerEvent} */ (event)));
    }
    on.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    on.addEventListener("dblclick", () => does.fullScreen());
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button !== 0) return;
    this.player.canvas.setPointerCapture(event.pointerId);
    this.player.glide = null;
    this.fingers.set(event.pointerId, this.pointOf(event));
    this.trail = [];
    this.moved = 0;
  }

  /** @param {PointerEvent} event */
  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.pointOf(event);
    const spread = this.spread();
    this.fingers.set(event.pointerId, now);
    if (this.fingers.size > 1) return this.pinch(spread);
    this.moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
    this.trail.push({ time: event.timeStamp, point: now });
    this.turn(before, now);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.fingers.delete(event.pointerId) || this.fingers.size) return;
    if (event.type === "pointerup" && this.moved < TAP) this.does.tap();
    else if (!this.does.reduced.matches) this.fling(event.timeStamp);
  }

  /** The content follows the pointer. @param {Point} from @param {Point} to */
  turn(from, to) {
    const { player } = this;
    player.dispatchEvent(new Event("drag"));
    const size = this.size();
    if (player.view === "rectilinear") return player.look(dragged(player.at, from, to, this.eyeSize()));
    const scale = player.view === "flat" ? (2 * Math.PI) / size[0] : (2 * player.at.fov) / size[0];
    const up = player.view === "flat" ? 0 : (to[1] - from[1]) * scale;
    player.look(turned(player.at, (from[0] - to[0]) * scale, up));
  }

  /** @param {number} before distance of the fingers */
  pinch(before) {
    const after = this.spread();
    if (before > 0 && after > 0) this.zoom(Math.log(after / before) / Math.log(1.1));
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    this.zoom(-pixels / NOTCH);
  }

  /** @param {number} notches */
  zoom(notches) {
    this.player.dispatchEvent(new Event("drag"));
    this.player.look(zoomed(this.player.at, notches));
  }

  /** Go on turning at the speed of the last moments. @param {number} now milliseconds */
  fling(now) {
    const trail = this.trail.filter(({ time }) => now - time < REMEMBERED);
    const last = this.trail.at(-1);
    if (trail.length < 2 || !last || now - last.time > STILL) return;
    const seconds = Math.max(last.time - trail[0].time, 1) / 1000;
    const scale = this.player.at.fov / this.size()[0] / seconds;
    const [across, down] = [last.point[0] - trail[0].point[0], last.point[1] - trail[0].point[1]];
    const speed = (/** @type {number} */ pixels) => clamp(pixels * scale, -FASTEST, FASTEST);
    this.player.glide = [-speed(across), this.player.view === "flat" ? 0 : speed(down)];
    this.player.before = performance.now();
    this.player.redraw();
  }

  /** @returns {number} distance of the first two fingers */
  spread() {
    const [a, b] = [...this.fingers.values()];
    return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
  }

  /** @param {PointerEvent} event @returns {Point} */
  pointOf(event) {
    const place = this.player.canvas.getBoundingClientRect();
    return [event.clientX - place.left, event.clientY - place.top];
  }

  /** @returns {Point} */
  size() {
    return [this.player.canvas.clientWidth, this.player.canvas.clientHeight];
  }

  /** Of the view of one eye. @returns {Point} */
  eyeSize() {
    const [width, height] = this.size();
    return [this.player.eyes === "both" ? width / 2 : width, height];
  }
}

export const LOOK_STEP = 5 * RADIAN;
