// WebXR: each eye of the headset is one view of the same shader; a press plays, a squeeze compares.
import { multiply, rotation } from "./camera.js";
import { Trouble, WORDS } from "./words.js";

/** @typedef {import("./player.js").Player} Player */

const PUSHED = 0.7; // of a stick's way
const STICK = 2; // its first axis in "xr-standard" gamepads; its button is the fourth
const STICK_BUTTON = 3;

/** @returns {Promise<boolean>} whether this browser reaches a headset */
export async function headsetIsThere() {
  try {
    return (await navigator.xr?.isSessionSupported("immersive-vr")) ?? false;
  } catch {
    return false;
  }
}

export class Headset {
  /** @param {Player} player @param {() => unknown} toggle plays or pauses */
  constructor(player, toggle) {
    this.player = player;
    this.toggle = toggle;
    /** @type {XRSession | null} */
    this.session = null;
    this.turn = 0; // radians that the viewer has turned the film by recentring
    this.yaw = 0; // where the viewer looks now
    /** @type {Set<XRInputSource>} whose stick has not come back yet */
    this.pushed = new Set();
  }

  /** In a gesture. @throws {Trouble} the headset refuses */
  async enter() {
    const xr = /** @type {XRSystem} */ (navigator.xr);
    try {
      const session = await xr.requestSession("immersive-vr", { optionalFeatures: ["hand-tracking"] });
      await this.begin(session);
    } catch {
      await this.leave();
      throw new Trouble(WORDS.noVr);
    }
  }

  /** @param {XRSession} session */
  async begin(session) {
    const { gl } = this.player.sphere;
    this.session = session;
    session.addEventListener("end", () => this.ended());
    session.addEventListener("select", () => this.toggle());
    session.addEventListener("squeeze", () => this.compare());
    session.addEventListener("visibilitychange", () => this.seen());
    await gl.makeXRCompatible();
    this.space = await session.requestReferenceSpace("local");
    const layer = new XRWebGLLayer(session, gl, { antialias: false, depth: false });
    await session.updateRenderState({ baseLayer: layer });
    this.player.away = true;
    this.turn = -this.player.at.yaw;
    session.requestAnimationFrame((_, frame) => this.frame(frame));
    this.player.changed();
  }

  async leave() {
    await this.session?.end().catch(() => undefined);
  }

  ended() {
    this.session = null;
    this.player.away = false;
    const { gl } = this.player.sphere;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.player.changed();
    this.player.redraw();
  }

  /** What the viewer looks at becomes the front. */
  recentre() {
    this.turn = this.yaw;
  }

  /** The film and its original in turn; the wipe would lie elsewhere for each eye. */
  compare() {
    if (this.player.compared) this.player.set({ wipe: this.player.wipe > 0.5 ? 0 : 1 });
    else this.recentre();
  }

  /** A headset that is taken off. */
  seen() {
    if (this.session?.visibilityState === "hidden") this.player.pause();
  }

  /** @param {XRFrame} frame */
  frame(frame) {
    const { session, player } = this;
    if (!session) return;
    session.requestAnimationFrame((_, next) => this.frame(next));
    this.sticks(session);
    const pose = frame.getViewerPose(/** @type {XRReferenceSpace} */ (this.space));
    const layer = session.renderState.baseLayer;
    if (!pose || !layer) return;
    const { gl } = player.sphere;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    player.sphere.clear([0, 0, layer.framebufferWidth, layer.framebufferHeight]);
    this.yaw = yawOf(pose.transform.matrix);
    player.field?.face(player.toPicture(this.turned(pose.transform.matrix)));
    for (const view of pose.views) this.draw(view, layer);
  }

  /** @param {XRView} view @param {XRWebGLLayer} layer */
  draw(view, layer) {
    const { player } = this;
    const sides = player.sides();
    const area = layer.getViewport(view);
    if (!sides.length || !area) return;
    const { shot, layout } = sides[sides.length > 1 && player.wipe > 0.5 ? 1 : 0];
    const toWorld = this.turned(view.transform.matrix);
    const look = { view: "frustum", toWorld, toPicture: player.toPicture(toWorld), ...frustum(view.projectionMatrix) };
    const eye = view.eye === "right" ? 1 : 0;
    player.sphere.draw(shot, layout, eye, look, [area.x, area.y, area.width, area.height]);
    player.drawn = player.films[0].shots[0].number;
  }

  /** From the axes of a pose to the world of the film. @param {Float32Array} matrix */
  turned(matrix) {
    return multiply(rotation(-this.turn), rotationOf(matrix));
  }

  /** Left and right seek, a press looks ahead again. @param {XRSession} session */
  sticks(session) {
    for (const source of session.inputSources) {
      const pad = source.gamepad;
      if (!pad) continue;
      const across = pad.axes[STICK] ?? 0;
      const pressed = pad.buttons[STICK_BUTTON]?.pressed ?? false;
      const free = Math.abs(across) < PUSHED && !pressed;
      if (free) this.pushed.delete(source);
      else if (!this.pushed.has(source)) {
        this.pushed.add(source);
        if (pressed) this.recentre();
        else this.player.seek(this.player.time + 5 * Math.sign(across));
      }
    }
  }
}

/** Tangents of a view that is wider on one side. @param {Float32Array} projection
 * @returns {{reach: [number, number], shift: [number, number]}} */
function frustum(projection) {
  const [across, up] = [projection[0], projection[5]];
  return { reach: [1 / across, 1 / up], shift: [projection[8] / across, projection[9] / up] };
}

/** @param {Float32Array} matrix 4x4 @returns {number[]} its rotation, 3x3 */
function rotationOf(matrix) {
  return [0, 1, 2, 4, 5, 6, 8, 9, 10].map((place) => matrix[place]);
}

/** @param {Float32Array} matrix of a pose @returns {number} radians to the right */
function yawOf(matrix) {
  return Math.atan2(-matrix[8], matrix[10]);
}
