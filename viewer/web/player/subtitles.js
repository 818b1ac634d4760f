// Captions in a headset, each on a board of its own: at its direction while that is in sight, else
// below what the viewer looks at, with an arrow. Lengths are metres, angles radians.
import { Board, placed, times } from "./board.js";
import { RADIAN, rotation, wrapAngle } from "./camera.js";
import { shownCaptions, withArrow } from "./captions.js";

/** @typedef {import("./captions.js").Caption} Caption */
/** @typedef {{board: Board, model: number[]}} Sign */

const AWAY = 2; // from the eyes
const PIXEL = 0.0008; // a line is 1.5 degrees high there
const LINE = 64;
const LONGEST = 1100; // pixels of a line
const SEEN = 40 * RADIAN; // aside of the middle
const LOWER = -9 * RADIAN; // the panel's upper edge lies lower still
const FOLLOWS = 25 * RADIAN; // who looks further aside takes the lower ones along
const [DARK, LIGHT] = ["#101214", "#ffffff"];

export class Subtitles {
  /** @param {import("./player.js").Player} player */
  constructor(player) {
    this.player = player;
    /** @type {Map<string, Board>} by their words */
    this.boards = new Map();
    /** @type {Sign[]} */
    this.signs = [];
    this.yaw = 0; // of the lower ones
  }

  /** Stand before somebody. @param {number[]} eyes @param {number} yaw where they look, to the right
   * @param {number} turn of the film */
  place(eyes, yaw, turn) {
    if (Math.abs(wrapAngle(yaw - this.yaw)) > FOLLOWS) this.yaw = yaw;
    const captions = shownCaptions(this.player);
    let low = LOWER;
    this.signs = captions.map((caption) => {
      const aside = caption.yaw === null ? null : wrapAngle(caption.yaw + turn - yaw);
      if (aside !== null && Math.abs(aside) < SEEN) return this.sign(eyes, caption.text, yaw + aside, caption.pitch);
      const sign = this.sign(eyes, aside === null ? caption.text : withArrow(caption.text, aside), this.yaw, low);
      low += (sign.board.face.height * PIXEL) / AWAY;
      return sign;
    });
    this.forget(this.signs.map(({ board }) => board));
  }

  /** @param {number[]} eyes @param {string} words @param {number} yaw @param {number} pitch @returns {Sign} */
  sign([x, y, z], words, yaw, pitch) {
    const board = this.boards.get(words) ?? written(this.player.sphere, words);
    this.boards.set(words, board);
    const turn = rotation(yaw, pitch);
    const centre = [x - turn[6] * AWAY, y - turn[7] * AWAY, z - turn[8] * AWAY];
    return { board, model: placed(centre, turn, [board.face.width * PIXEL, board.face.height * PIXEL]) };
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

/** @param {import("./sphere.js").Sphere} sphere @param {string} words @returns {Board} */
function written(sphere, words) {
  const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  const font = "600 46px system-ui, sans-serif";
  pen.font = font;
  const lines = words.split("\n").flatMap((line) => wrapped(line, (each) => pen.measureText(each).width <= LONGEST));
  const width = Math.ceil(Math.max(...lines.map((line) => pen.measureText(line).width))) + LINE;
  const board = new Board(sphere, [width, LINE * lines.length + LINE / 4]);
  Object.assign(board.pen, { fillStyle: DARK, textAlign: "center", textBaseline: "middle" });
  board.pen.fillRect(0, 0, board.face.width, board.face.height);
  Object.assign(board.pen, { fillStyle: LIGHT, font });
  lines.forEach((line, i) => board.pen.fillText(line, width / 2, LINE * (i + 0.625), LONGEST));
  board.upload();
  return board;
}

/** @param {string} line @param {(line: string) => boolean} fits @returns {string[]} */
export function wrapped(line, fits) {
  /** @type {string[]} */
  const lines = [];
  for (const word of line.split(" ")) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && fits(longer)) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
