// Captions in a headset, each on a board of its own: at its direction while that is in sight, else
// below what the viewer looks at, with an arrow. Lengths are metres, angles radians.
import { Board, placed, times } from "./board.js";
import { RADIAN, clamp, rotation, wrapAngle } from "./camera.js";
import { shownCaptions, withArrow } from "./captions.js";

/** @typedef {import("./captions.js").Caption} Caption */
/** @typedef {{board: Board, model: number[]}} Sign */
/** @typedef {{yaw: number, pitch: number}} Direction to the right, up */
/** @typedef {-1 | 0 | 1} Aside out of sight to the left, in sight, out of sight to the right */

const AWAY = 2; // from the eyes
const PIXEL = 0.0008; // a line is 1.5 degrees high there
const LINE = 64;
const LONGEST = 1100; // pixels of a line
const SEEN = 40 * RADIAN; // from the middle
const UNSEEN = 45 * RADIAN; // what was in sight stays so until there
const OTHER_SIDE = 20 * RADIAN; // an arrow turns round that far beyond the middle or the back
const LOWER = -10 * RADIAN; // their lower edge; the panel's upper one lies lower still
const FOLLOWS = 25 * RADIAN; // who looks further aside, up or down takes the lower ones along
const CHARACTER = /\p{Ps}*[^][\p{M}\p{Pe}\p{Pf}\p{Po}]*/gu; // and what stands on it, opens before or closes after it
const [DARK, LIGHT] = ["#101214", "#ffffff"];

export class Subtitles {
  /** @param {import("./player.js").Player} player @param {import("./board.js").BoardProgram} program */
  constructor(player, program) {
    this.player = player;
    this.program = program;
    /** @type {Map<string, Board>} by their words */
    this.boards = new Map();
    /** @type {Map<string, Aside>} of captions at a direction, by their words */
    this.asides = new Map();
    /** @type {Sign[]} */
    this.signs = [];
    this.yaw = 0; // of the lower ones
    this.low = LOWER; // of the next lower one
  }

  /** Stand before somebody. @param {number[]} eyes @param {Direction} gaze @param {number} turn of the film */
  place(eyes, gaze, turn) {
    if (Math.abs(wrapAngle(gaze.yaw - this.yaw)) > FOLLOWS) this.yaw = gaze.yaw;
    this.low = LOWER + gaze.pitch - clamp(gaze.pitch, -FOLLOWS, FOLLOWS);
    const before = this.asides;
    this.asides = new Map();
    this.signs = shownCaptions(this.player).map(({ text, yaw, pitch }) => {
      if (yaw === null) return this.lower(eyes, text);
      const there = { yaw: yaw + turn, pitch };
      const aside = asideOf(there, gaze, before.get(text));
      this.asides.set(text, aside);
      return aside ? this.lower(eyes, withArrow(text, aside)) : this.sign(eyes, this.board(text), there);
    });
    this.forget(this.signs.map(({ board }) => board));
  }

  /** The next one below. @param {number[]} eyes @param {string} words */
  lower(eyes, words) {
    const board = this.board(words);
    const high = (board.face.height * PIXEL) / AWAY;
    this.low += high;
    return this.sign(eyes, board, { yaw: this.yaw, pitch: this.low - high / 2 });
  }

  /** @param {number[]} eyes @param {Board} board @param {Direction} there its middle @returns {Sign} */
  sign([x, y, z], board, { yaw, pitch }) {
    const turn = rotation(yaw, pitch);
    const centre = [x - turn[6] * AWAY, y - turn[7] * AWAY, z - turn[8] * AWAY];
    return { board, model: placed(centre, turn, [board.face.width * PIXEL, board.face.height * PIXEL]) };
  }

  /** @param {string} words @returns {Board} */
  board(words) {
    const board = this.boards.get(words) ?? written(this.program, words);
    this.boards.set(words, board);
    return board;
  }

  /** Give back what the graphics card holds of them. */
  remove() {
    this.signs = [];
    this.forget([]);
  }

  /** @param {Board[]} kept */
  forget(kept) {
    for (const [words, board] of this.boards) {
      if (kept.includes(board)) continue;
      board.remove();
      this.boards.delete(words);
    }
  }

  /** @param {Float32Array} projection @param {Float32Array} toView both 4x4
   * @param {import("./sphere.js").Rectangle} viewport */
  draw(projection, toView, viewport) {
    const camera = times(projection, toView);
    for (const { board, model } of this.signs) {
      board.begin(viewport);
      board.quad(times(camera, model));
    }
  }
}

/** Where a caption is; at the limits it stays where it was. @param {Direction} there @param {Direction} gaze
 * @param {Aside} [before] @returns {Aside} */
export function asideOf(there, gaze, before) {
  const across = Math.sin(there.yaw - gaze.yaw);
  if (between(there, gaze) < (before === 0 ? UNSEEN : SEEN)) return 0;
  if (before && across * before > -Math.sin(OTHER_SIDE)) return before;
  return across < 0 ? -1 : 1;
}

/** @param {Direction} a @param {Direction} b @returns {number} the angle between them */
function between(a, b) {
  const level = Math.cos(a.pitch) * Math.cos(b.pitch) * Math.cos(a.yaw - b.yaw);
  return Math.acos(clamp(level + Math.sin(a.pitch) * Math.sin(b.pitch), -1, 1));
}

/** @param {import("./board.js").BoardProgram} program @param {string} words @returns {Board} */
function written(program, words) {
  const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  const font = "600 46px system-ui, sans-serif";
  pen.font = font;
  const lines = words.split("\n").flatMap((line) => wrapped(line, (each) => pen.measureText(each).width <= LONGEST));
  const widest = Math.max(...lines.map((line) => pen.measureText(line).width));
  const width = Math.ceil(Math.min(widest, LONGEST)) + LINE;
  const board = new Board(program, [width, LINE * lines.length + LINE / 4]);
  Object.assign(board.pen, { fillStyle: DARK, textAlign: "center", textBaseline: "middle" });
  board.pen.fillRect(0, 0, board.face.width, board.face.height);
  Object.assign(board.pen, { fillStyle: LIGHT, font });
  lines.forEach((line, i) => board.pen.fillText(line, width / 2, LINE * (i + 0.625), LONGEST));
  board.upload();
  return board;
}

/** Break a line between its words, and words that are too long, as Chinese ones are, between characters.
 * @param {string} line @param {(line: string) => boolean} fits @returns {string[]} */
export function wrapped(line, fits) {
  /** @type {string[]} */
  const lines = [];
  for (const [gap, part] of line.split(" ").flatMap((word) => partsOf(word, fits))) {
    const longer = lines.length ? lines[lines.length - 1] + gap + part : part;
    if (lines.length && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

/** What may begin a line, each with what parts it from the one before.
 * @param {string} word @param {(line: string) => boolean} fits @returns {[string, string][]} */
function partsOf(word, fits) {
  if (fits(word)) return [[" ", word]];
  return (word.match(CHARACTER) ?? []).map((part, i) => [i ? "" : " ", part]);
}
