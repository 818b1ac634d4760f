// The panel in a headset: play, seek, compare, recentre; pointed at with a controller or a hand.
// Lengths are metres; places on it count from its top left corner in shares.
import { Board, placed, times } from "./board.js";
import { clamp, rotation } from "./camera.js";
import { clockTime } from "./links.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {import("./sphere.js").Rectangle} Rectangle left, top, width, height */
/** @typedef {"play" | "compare" | "recentre" | "seek"} Button */
/** @typedef {{origin: number[], direction: number[]}} Ray */
/** @typedef {{at: [number, number], distance: number}} Hit */
/** @typedef {{ray: Ray, hit: Hit | null, held: boolean}} Pointer of a controller or hand that is `held`, or a glance */

const [WIDE, HIGH] = [0.9, 0.24];
const [FAR, BELOW] = [1.3, 0.42]; // from the eyes
const PIXELS = /** @type {[number, number]} */ ([1024, 273]);
const RAY_WIDE = 0.004;
const RAY_LONG = 1;
/** @type {Record<Button, Rectangle>} */
export const BUTTONS = {
  play: [0.03, 0.1, 0.17, 0.45],
  compare: [0.5, 0.1, 0.22, 0.45],
  recentre: [0.75, 0.1, 0.22, 0.45],
  seek: [0.03, 0.66, 0.94, 0.24],
};
const COLOURS = { ground: "#15181c", button: "#2b3138", pointed: "#4a5560", ink: "#f4f4f2", done: "#f2b33d" };

export class Panel {
  /** @param {Player} player @param {import("./board.js").BoardProgram} program */
  constructor(player, program) {
    this.player = player;
    this.board = new Board(program, PIXELS);
    this.drawn = ""; // what stands on the face
    this.model = placedAhead([0, 0, 0], 0);
  }

  /** Stand before somebody. @param {number[]} eyes @param {number} yaw radians to the right */
  place(eyes, yaw) {
    this.model = placedAhead(eyes, yaw);
  }

  /** @param {Ray} ray @returns {Hit | null} where it meets the panel */
  hit({ origin, direction }) {
    const [across, up, normal, centre] = [0, 4, 8, 12].map((from) => this.model.slice(from, from + 3));
    const away = dot(direction, normal);
    const distance = dot(minus(centre, origin), normal) / away;
    if (!(distance > 0) || away > 0) return null;
    const off = origin.map((each, i) => each + direction[i] * distance - centre[i]);
    const [x, y] = [dot(off, across) / WIDE ** 2 + 0.5, 0.5 - dot(off, up) / HIGH ** 2];
    return Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5)) <= 0.5 ? { at: [x, y], distance } : null;
  }

  /** @param {Button} name */
  has(name) {
    const { show, compared } = this.player;
    return name === "recentre" || (name === "compare" ? compared : !show.still);
  }

  /** @param {[number, number]} at @returns {Button | null} */
  buttonAt([x, y]) {
    const names = /** @type {Button[]} */ (Object.keys(BUTTONS));
    const found = names.find((name) => {
      const [left, top, width, height] = BUTTONS[name];
      return x >= left && x <= left + width && y >= top && y <= top + height;
    });
    return found && this.has(found) ? found : null;
  }

  /** The second that a place on the bar stands for. @param {[number, number]} at */
  secondAt([x]) {
    const [left, , width] = BUTTONS.seek;
    return clamp((x - left) / width, 0, 1) * this.player.duration;
  }

  /** @param {Float32Array} projection @param {Float32Array} toView both 4x4 @param {Rectangle} viewport
   * @param {Pointer[]} pointers */
  draw(projection, toView, viewport, pointers) {
    const camera = times(projection, toView);
    const hit = pointers.find((each) => each.hit)?.hit ?? null;
    this.paint(hit && this.buttonAt(hit.at));
    this.board.begin(viewport);
    this.board.quad(times(camera, this.model), hit?.at);
    for (const pointer of pointers) if (pointer.held) this.board.plain(times(camera, ribbon(pointer)));
  }

  /** Give back what the graphics card holds of it. */
  remove() {
    this.board.remove();
  }

  /** Bring the face up to date, where something on it changed. @param {Button | null} pointed */
  paint(pointed) {
    const { playing, time, duration, wipe, painted } = this.player;
    const other = wipe > 0.5 ? (painted ? "Painting" : "Film") : painted ? "Film" : "Original";
    const words = { time: `${clockTime(time)} / ${clockTime(duration)}`, compare: other, recentre: "Recentre" };
    const done = Math.round((1000 * time) / (duration || 1)) / 1000;
    const now = JSON.stringify([playing, words, done, pointed]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.paintFace(words, done, pointed);
    this.board.upload();
  }

  /** @param {{time: string, compare: string, recentre: string}} words @param {number} done share
   * @param {Button | null} pointed */
  paintFace(words, done, pointed) {
    const { pen } = this.board;
    pen.fillStyle = COLOURS.ground;
    pen.fillRect(0, 0, PIXELS[0], PIXELS[1]);
    pen.font = "600 44px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const name of /** @type {Button[]} */ (Object.keys(BUTTONS))) {
      if (this.has(name)) box(pen, BUTTONS[name], name === pointed ? COLOURS.pointed : COLOURS.button);
    }
    for (const name of /** @type {const} */ (["compare", "recentre"])) {
      if (this.has(name)) write(pen, BUTTONS[name], words[name]);
    }
    if (!this.has("play")) return;
    write(pen, [0.2, 0.1, 0.3, 0.45], words.time);
    const [left, top, width, height] = BUTTONS.seek;
    box(pen, [left, top, Math.max(width * done, 0.012), height], COLOURS.done);
    sign(pen, BUTTONS.play, this.player.playing);
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Rectangle} area @param {string} colour */
function box(pen, area, colour) {
  const [x, y, width, height] = inPixels(area);
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, y, width, height, 14);
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {Rectangle} area @param {string} words */
function write(pen, area, words) {
  const [x, y, width, height] = inPixels(area);
  pen.fillStyle = COLOURS.ink;
  pen.fillText(words, x + width / 2, y + height / 2 + 3, width - 12);
}

/** A triangle, or two bars. @param {CanvasRenderingContext2D} pen @param {Rectangle} area @param {boolean} playing */
function sign(pen, area, playing) {
  const [x, y, width, height] = inPixels(area);
  const [across, down, size] = [x + width / 2, y + height / 2, height * 0.3];
  pen.fillStyle = COLOURS.ink;
  pen.beginPath();
  if (playing) for (const side of [-0.9, 0.25]) pen.rect(across + side * size, down - size, 0.65 * size, 2 * size);
  else for (const [dx, dy] of [[-0.7, -1], [-0.7, 1], [1.1, 0]]) pen.lineTo(across + dx * size, down + dy * size);
  pen.fill();
}

/** @param {Rectangle} area @returns {Rectangle} */
function inPixels([left, top, width, height]) {
  return [left * PIXELS[0], top * PIXELS[1], width * PIXELS[0], height * PIXELS[1]];
}

/** @param {number[]} eyes @param {number} yaw */
function placedAhead([x, y, z], yaw) {
  const centre = [x + Math.sin(yaw) * FAR, y - BELOW, z - Math.cos(yaw) * FAR];
  return placed(centre, rotation(yaw), [WIDE, HIGH]);
}

/** A 4x4 matrix that lays the unit square along a ray. @param {Pointer} pointer */
function ribbon({ ray: { origin, direction }, hit }) {
  const long = hit?.distance ?? RAY_LONG;
  const along = direction.map((each) => each * long);
  const side = [-direction[2], 0, direction[0]].map((each) => each * RAY_WIDE);
  const centre = origin.map((each, i) => each + along[i] / 2);
  return [...side, 0, ...along, 0, 0, 0, 0, 0, ...centre, 1];
}

/** @param {number[]} a @param {number[]} b */
function dot(a, b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** @param {number[]} a @param {number[]} b */
function minus(a, b) {
  return a.map((each, i) => each - b[i]);
}
