// Where a headset's pictures go: one framebuffer for both eyes, or composition layers (WebXR Layers
// API), among which the film itself can be one. The compositor then draws a film that is already a
// video, sharper and without a copy: only what lies in front of it is left to the page.
import { IDENTITY, multiply, rotation } from "./camera.js";

/** @typedef {import("./sphere.js").Layout} Layout */
/** @typedef {import("./sphere.js").Rectangle} Rectangle */
/** @typedef {object} Placed how a film lies on an equirect layer
 * @property {"mono" | "stereo-top-bottom" | "stereo-left-right"} layout @property {boolean} invertStereo
 * @property {number} centralHorizontalAngle radians @property {number} upperVerticalAngle
 * @property {number} lowerVerticalAngle */

/** The eyes of a picture by the left one's rectangle. */
const STEREO = new Map([
  ["0,0,1,1", { layout: "mono", invertStereo: false }],
  ["0,0,1,0.5", { layout: "stereo-top-bottom", invertStereo: false }],
  ["0,0,0.5,1", { layout: "stereo-left-right", invertStereo: false }],
  ["0.5,0,0.5,1", { layout: "stereo-left-right", invertStereo: true }],
]);
const CENTRED = 1e-6;

/** What a media layer is told of a film. @param {Layout} picture
 * @returns {Placed | null} where it can show none: fisheyes, and parts that lie aside */
export function equirectOf({ projection, eyes, window: [left, top, width, height] }) {
  const stereo = STEREO.get(eyes[0].join());
  const centred = Math.abs(left + width / 2 - 0.5) < CENTRED;
  if (!stereo || !centred || !["equirect", "half-equirect"].includes(projection)) return null;
  const upper = (0.5 - top) * Math.PI;
  const angles = { upperVerticalAngle: upper, lowerVerticalAngle: upper - height * Math.PI };
  return /** @type {Placed} */ ({ ...stereo, centralHorizontalAngle: 2 * Math.PI * width, ...angles });
}

/** How the sphere of a film is turned in the viewer's space.
 * @param {number} turn radians to the right @param {number[] | null} orientation from the world to the picture
 * @returns {{x: number, y: number, z: number, w: number}} a unit quaternion */
export function turnOf(turn, orientation) {
  const m = orientation ?? IDENTITY;
  const back = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((place) => m[place]);
  const [a, b, c, d, e, f, g, h, i] = multiply(rotation(turn), back);
  const half = (/** @type {number} */ square, /** @type {number} */ sign) =>
    (Math.sqrt(Math.max(0, 1 + square)) / 2) * (sign < 0 ? -1 : 1);
  return { x: half(a - e - i, f - h), y: half(e - a - i, g - c), z: half(i - a - e, b - d), w: half(a + e + i, 1) };
}

/** Both eyes side by side in one framebuffer. */
export class BaseSurface {
  /** @param {XRSession} session @param {WebGL2RenderingContext} gl */
  constructor(session, gl) {
    this.gl = gl;
    this.layer = new XRWebGLLayer(session, gl, { antialias: false, depth: false });
    session.updateRenderState({ baseLayer: this.layer });
  }

  /** Aim at an eye. @param {XRView} view @returns {Rectangle} */
  target(view) {
    this.gl.bindFramebuffer(this.gl.FRAMEBUFFER, this.layer.framebuffer);
    const { x, y, width, height } = /** @type {XRViewport} */ (this.layer.getViewport(view));
    return [x, y, width, height];
  }

  /** @returns {boolean} whether the compositor draws the film itself */
  show() {
    return false;
  }
}

/** Each eye on a projection layer, behind it the film on an equirect layer where it can lie on one. */
export class LayerSurface {
  /** @param {XRSession} session @param {WebGL2RenderingContext} gl @throws {Error} there are no layers */
  constructor(session, gl) {
    this.gl = gl;
    this.session = session;
    this.binding = new XRWebGLBinding(session, gl);
    this.films = new XRMediaBinding(session);
    this.layer = this.binding.createProjectionLayer({ textureType: "texture", depthFormat: 0 });
    this.framebuffer = gl.createFramebuffer();
    /** @type {Map<HTMLVideoElement, XREquirectLayer>} */
    this.made = new Map();
    /** @type {HTMLVideoElement | null} */
    this.shown = null;
    session.updateRenderState({ layers: [this.layer] });
  }

  /** @param {XRView} view @returns {Rectangle} */
  target(view) {
    const { gl } = this;
    const image = this.binding.getViewSubImage(this.layer, view);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, image.colorTexture, 0);
    const { x, y, width, height } = image.viewport;
    return [x, y, width, height];
  }

  /** Have the compositor draw a film, or none.
   * @param {HTMLVideoElement | null} video @param {Layout} picture @param {XRReferenceSpace} space
   * @param {XRRigidTransform} transform @returns {boolean} whether it does */
  show(video, picture, space, transform) {
    const placed = video && equirectOf(picture);
    const film = placed ? video : null;
    if (film && placed && !this.made.has(film)) {
      this.made.set(film, this.films.createEquirectLayer(film, { space, transform, ...placed }));
    }
    const layer = film && this.made.get(film);
    if (layer) layer.transform = transform;
    if (film !== this.shown) {
      this.session.updateRenderState({ layers: layer ? [layer, this.layer] : [this.layer] });
      this.shown = film;
    }
    return film !== null;
  }
}

/** The best that a session has. @param {XRSession} session @param {WebGL2RenderingContext} gl */
export function surfaceOf(session, gl) {
  const names = /** @type {any} */ (globalThis);
  if (!names.XRMediaBinding || !names.XRWebGLBinding) return new BaseSurface(session, gl);
  try {
    return new LayerSurface(session, gl);
  } catch {
    return new BaseSurface(session, gl); // the names are there, the headset has no layers
  }
}
