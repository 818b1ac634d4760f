// A picture on a rectangle that stands in a headset's scene: the panel, a caption.
// Lengths are metres; matrices are 4x4, column by column.
import { linked, prove } from "./sphere.js";

/** @typedef {import("./sphere.js").Rectangle} Rectangle */

const BOARD_VERTEX = `#version 300 es
uniform mat4 place;
out vec2 at;
void main() {
  at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = place * vec4(at.x - 0.5, 0.5 - at.y, 0.0, 1.0);
}`;
const BOARD_FRAGMENT = `#version 300 es
precision highp float;
uniform sampler2D face;
uniform vec3 pointer;  // place, and whether there is one
uniform float shape;   // width over height
uniform float plain;
in vec2 at;
out vec4 colour;
void main() {
  colour = vec4(mix(texture(face, at).rgb, vec3(1.0), plain), 1.0);
  vec2 off = (at - pointer.xy) * vec2(shape, 1.0);
  if (pointer.z > 0.0 && length(off) < 0.045) colour = vec4(1.0, 0.85, 0.45, 1.0);
}`;

/** Draws all boards of a headset: to compile takes longer than a frame has. */
export class BoardProgram {
  /** @param {import("./sphere.js").Sphere} sphere */
  constructor({ gl, vertices }) {
    this.gl = gl;
    this.vertices = vertices;
    this.name = linked(gl, BOARD_VERTEX, BOARD_FRAGMENT);
    prove(gl, this.name);
    const names = ["place", "pointer", "shape", "plain"];
    this.places = names.map((name) => gl.getUniformLocation(this.name, name));
  }

  remove() {
    this.gl.deleteProgram(this.name);
  }
}

export class Board {
  /** @param {BoardProgram} program @param {[number, number]} pixels width, height */
  constructor(program, [width, height]) {
    const { gl } = program;
    this.gl = gl;
    this.program = program;
    this.texture = gl.createTexture();
    this.face = Object.assign(document.createElement("canvas"), { width, height });
    this.pen = /** @type {CanvasRenderingContext2D} */ (this.face.getContext("2d"));
  }

  /** What was drawn with the pen is seen from now on. */
  upload() {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, this.face);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  }

  /** Before it is drawn. @param {Rectangle} viewport */
  begin(viewport) {
    const { gl, program } = this;
    gl.useProgram(program.name);
    gl.bindVertexArray(program.vertices);
    gl.viewport(...viewport);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
  }

  /** The picture, with a spot where somebody points. @param {number[]} place from the unit square to the screen
   * @param {[number, number]} [spot] shares from the top left corner */
  quad(place, spot) {
    const { gl, face } = this;
    const { places } = this.program;
    gl.uniformMatrix4fv(places[0], false, place);
    gl.uniform3f(places[1], ...(spot ?? /** @type {[number, number]} */ ([0, 0])), spot ? 1 : 0);
    gl.uniform1f(places[2], face.width / face.height);
    gl.uniform1f(places[3], 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** A white rectangle. @param {number[]} place as for `quad` */
  plain(place) {
    const { gl } = this;
    const { places } = this.program;
    gl.uniformMatrix4fv(places[0], false, place);
    gl.uniform3f(places[1], 0, 0, 0);
    gl.uniform1f(places[3], 1);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** Give back what the graphics card holds of it. */
  remove() {
    this.gl.deleteTexture(this.texture);
  }
}

/** Puts the unit square somewhere. @param {number[]} centre @param {number[]} turn 3x3: its axes, to the right,
 * up, and towards who looks at it @param {[number, number]} size */
export function placed(centre, turn, [wide, high]) {
  const axes = [wide, high, 1].map((size, i) => turn.slice(3 * i, 3 * i + 3).map((each) => each * size));
  return [...axes.flatMap((axis) => [...axis, 0]), ...centre, 1];
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b 4x4 @returns {number[]} a times b */
export function times(a, b) {
  return [...Array(16).keys()].map((i) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + a[(i % 4) + 4 * k] * b[i - (i % 4) + k], 0),
  );
}
