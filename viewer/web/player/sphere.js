// Draws pictures on the sphere with WebGL 2: the desktop's own ray-casting shader, one specialised
// program for each combination. No mesh, whose segments would star at the poles.
import { IDENTITY } from "./camera.js";
import { FRAGMENT, VERTEX } from "./shaders.js";

/** @typedef {[number, number, number, number]} Rectangle left, top, width, height */
/** @typedef {object} Layout how the sphere and the eyes lie on a picture
 * @property {string} projection a word of `vr360.choices.Projection`
 * @property {Rectangle[]} eyes shares of the picture: one, or left and right
 * @property {Rectangle} window what part of the whole sphere's picture there is
 * @property {number} lensFov radians @property {number} frontLens 0 left, 1 right */
/** @typedef {object} Looking
 * @property {string} view VIEW_* in lower case @property {number[]} toWorld @property {number[]} toPicture
 * @property {[number, number]} reach @property {[number, number]} [shift] */
/** @typedef {{texture: WebGLTexture, width: number, height: number, mipmaps: boolean}} Texture */

const MIPMAPS_FROM = 1.5; // texels of the picture on one of the screen; below, linear suffices

export class Sphere {
  /** @param {HTMLCanvasElement} canvas @throws {Error} WebGL 2 is missing */
  constructor(canvas) {
    const options = { alpha: false, antialias: false, powerPreference: "high-performance" };
    const gl = /** @type {WebGL2RenderingContext | null} */ (canvas.getContext("webgl2", options));
    if (!gl) throw new Error("no WebGL 2");
    this.gl = gl;
    this.largest = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    /** @type {Map<string, Program>} */
    this.programs = new Map();
    this.vertices = gl.createVertexArray();
  }

  /** Begin anew, as after the graphics card was taken away. */
  begin() {
    this.programs.clear();
    this.vertices = this.gl.createVertexArray();
  }

  /** @returns {Texture} an empty one */
  texture() {
    return { texture: this.gl.createTexture(), width: 0, height: 0, mipmaps: false };
  }

  /** Put a picture into a texture.
   * @param {Texture} into @param {TexImageSource} picture @param {number} width @param {number} height
   * @param {Layout} layout */
  upload(into, picture, width, height, layout) {
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, into.texture);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false); // others draw with this context too
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, picture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, goesRound(layout) ? gl.REPEAT : gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    Object.assign(into, { width, height, mipmaps: false });
  }

  /** Mipmaps where a picture is shown smaller than it is; made once for each picture.
   * @param {Texture} picture @param {boolean} wanted */
  filter(picture, wanted) {
    if (wanted === picture.mipmaps) return;
    const gl = this.gl;
    gl.bindTexture(gl.TEXTURE_2D, picture.texture);
    if (wanted) gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, wanted ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
    picture.mipmaps = wanted;
  }

  /** @param {Rectangle} area pixels from the lower left corner @param {number} [opacity] */
  clear(area, opacity = 1) {
    const gl = this.gl;
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(...area);
    gl.clearColor(0, 0, 0, opacity);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.disable(gl.SCISSOR_TEST);
  }

  /** Draw one eye of a picture; rectangles count pixels from the lower left corner.
   * @param {Texture} picture @param {Layout} layout @param {number} eye @param {Looking} look
   * @param {Rectangle} viewport where the view lies @param {Rectangle} [cut] what may be painted */
  draw(picture, layout, eye, look, viewport, cut = viewport) {
    const gl = this.gl;
    const headset = look.view === "frustum"; // as large as the film, and ninety times a second
    this.filter(picture, !headset && wantsMipmaps(layout, picture.width, look.reach[0], viewport[2]));
    const program = this.program(layout, look.view, picture.mipmaps);
    program.use();
    program.set(picture, layout, layout.eyes[Math.min(eye, layout.eyes.length - 1)], look);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, picture.texture);
    gl.bindVertexArray(this.vertices);
    gl.viewport(...viewport);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(...cut);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.disable(gl.SCISSOR_TEST);
  }

  /** What draws a picture in a view; compiled beside whatever else goes on, once.
   * @param {Layout} layout @param {string} view @param {boolean} [mipmaps] */
  program(layout, view, mipmaps = false) {
    const words = [`VIEW_${word(view)}`, `PROJECTION_${word(layout.projection)}`, "PIXELS_PACKED"];
    if (isPart(layout)) words.push("WINDOW");
    if (layout.eyes.length > 1) words.push("EYE");
    if (layout.eyes.length > 1 && coversCircle(layout)) words.push("WRAPS");
    if (mipmaps) words.push("MIPMAPS");
    const key = words.join(" ");
    const known = this.programs.get(key) ?? new Program(this.gl, words);
    this.programs.set(key, known);
    return known;
  }
}

/** Whether a picture is shown so small that it needs mipmaps.
 * @param {Layout} layout @param {number} width of the picture @param {number} half see `reach`
 * @param {number} pixels across the view */
function wantsMipmaps(layout, width, half, pixels) {
  return (texelsPerRadian(layout, width) * half * 2) / pixels > MIPMAPS_FROM;
}

/** @param {Layout} layout @param {number} width */
function texelsPerRadian(layout, width) {
  const across = layout.projection === "dual-fisheye" ? 2 * layout.lensFov : layout.window[2] * 2 * Math.PI;
  return (width * layout.eyes[0][2]) / across;
}

/** @param {Layout} layout */
function coversCircle(layout) {
  return layout.projection !== "dual-fisheye" && layout.window[2] === 1;
}

/** @param {Layout} layout */
function goesRound(layout) {
  return coversCircle(layout) && layout.eyes.length === 1;
}

/** @param {Layout} layout */
function isPart(layout) {
  return layout.window.some((share, i) => share !== [0, 0, 1, 1][i]);
}

/** @param {string} name */
function word(name) {
  return name.toUpperCase().replace("-", "_");
}

/** One compiled combination. */
class Program {
  /** @param {WebGL2RenderingContext} gl @param {string[]} words */
  constructor(gl, words) {
    const defines = words.map((each) => `#define ${each}\n`).join("");
    const head = "#version 300 es\nprecision highp float;\nprecision highp int;\n";
    this.gl = gl;
    this.name = linked(gl, "#version 300 es\n" + VERTEX, head + defines + FRAGMENT);
    /** @type {Map<string, WebGLUniformLocation | null>} */
    this.places = new Map();
    this.proven = false;
  }

  /** Draw with it from now on. @throws {Error} it did not compile */
  use() {
    if (!this.proven) prove(this.gl, this.name);
    this.proven = true;
    this.gl.useProgram(this.name);
  }

  /** @param {Texture} picture @param {Layout} layout @param {Rectangle} eye @param {Looking} look */
  set(picture, layout, eye, look) {
    const gl = this.gl;
    gl.uniformMatrix3fv(this.place("to_world"), false, look.toWorld);
    gl.uniformMatrix3fv(this.place("to_picture"), false, look.toPicture);
    gl.uniformMatrix3fv(this.place("samples_to_rgb"), false, IDENTITY);
    gl.uniform3f(this.place("rgb_offset"), 0, 0, 0);
    gl.uniform2f(this.place("reach"), ...look.reach);
    gl.uniform2f(this.place("shift"), ...(look.shift ?? /** @type {[number, number]} */ ([0, 0])));
    gl.uniform1f(this.place("opacity"), 1);
    gl.uniform1f(this.place("texels"), texelsPerRadian(layout, picture.width));
    gl.uniform1f(this.place("lens_fov"), layout.lensFov);
    gl.uniform2f(this.place("lens_turn"), 1, 0);
    gl.uniform1f(this.place("front_lens"), layout.frontLens);
    gl.uniform4f(this.place("window"), ...layout.window);
    gl.uniform4f(this.place("eye"), ...eye);
    gl.uniform2f(this.place("half_texel"), 0.5 / (picture.width * eye[2]), 0.5 / (picture.height * eye[3]));
  }

  /** @param {string} name */
  place(name) {
    const known = this.places.get(name);
    if (known !== undefined) return known;
    const found = this.gl.getUniformLocation(this.name, name);
    this.places.set(name, found);
    return found;
  }
}

/** Begin to compile a program: to ask whether it compiled would be to wait; see `prove`.
 * @param {WebGL2RenderingContext} gl @param {string} vertex @param {string} fragment */
export function linked(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [kind, source] of /** @type {const} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}

/** Wait until a program is compiled. @param {WebGL2RenderingContext} gl @param {WebGLProgram} program
 * @throws {Error} it is not well */
export function prove(gl, program) {
  if (gl.getProgramParameter(program, gl.LINK_STATUS) || gl.isContextLost()) return;
  const shaders = gl.getAttachedShaders(program) ?? [];
  const said = [gl.getProgramInfoLog(program), ...shaders.map((each) => gl.getShaderInfoLog(each))];
  throw new Error(`shader: ${said.filter(Boolean).join(" ")}`);
}
