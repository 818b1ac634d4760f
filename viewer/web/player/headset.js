// WebXR: each eye of the headset is one view of the same shader, or the film lies on a layer of the
// headset's own; a press plays, a squeeze compares, a panel has the rest.
import { BoardProgram } from "./board.js";
import { clamp, multiply, rotation } from "./camera.js";
import { surfaceOf, turnOf } from "./layers.js";
import { Panel } from "./panel.js";
import { Subtitles } from "./subtitles.js";
import { Trouble, WORDS } from "./words.js";

/** @typedef {import("./player.js").Player} Player */
/** @typedef {import("./player.js").Side} Side */
/** @typedef {import("./sphere.js").Rectangle} Rectangle */

const PUSHED = 0.7; // of a stick's way
const STICK = 2; // its first axis in "xr-standard" gamepads; its button is the fourth
const STICK_BUTTON = 3;
const PANEL_STAYS = 4000; // milliseconds after the last press while a film plays

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
    this.stirred = 0; // when something was pressed last
    this.open = false; // the panel is
  }

  /** In a gesture. @throws {Trouble} the headset refuses */
  async enter() {
    const xr = /** @type {XRSystem} */ (navigator.xr);
    try {
      const session = await xr.requestSession("immersive-vr", { optionalFeatures: ["layers", "hand-tracking"] });
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
    session.addEventListener("select", (event) => this.select(event));
    session.addEventListener("squeeze", () => this.compare());
    session.addEventListener("visibilitychange", () => this.seen());
    await gl.makeXRCompatible();
    this.space = await session.requestReferenceSpace("local");
    this.surface = surfaceOf(session, gl);
    this.boards = new BoardProgram(this.player.sphere);
    this.panel = new Panel(this.player, this.boards);
    this.subtitles = new Subtitles(this.player, this.boards);
    this.open = false;
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
    for (const each of [this.panel, this.subtitles, this.boards]) each?.remove();
    this.panel = this.subtitles = this.boards = undefined;
    this.player.away = false;
    for (const film of this.player.films) film.draw();
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
    this.stir();
    if (this.player.compared) this.player.set({ wipe: this.player.wipe > 0.5 ? 0 : 1 });
    else this.recentre();
  }

  /** A headset that is taken off. */
  seen() {
    if (this.session?.visibilityState === "hidden") this.player.pause();
  }

  /** A trigger or a pinch: what it points at, else play or pause. @param {XRInputSourceEvent} event */
  select({ frame, inputSource }) {
    const hit = this.open ? this.pointer(frame, inputSource)?.hit : null;
    this.stir();
    if (!hit) return void this.toggle();
    const button = this.panel?.buttonAt(hit.at);
    if (button === "play") this.toggle();
    else if (button === "compare") this.compare();
    else if (button === "recentre") this.recentre();
    else if (button === "seek") this.player.seek(this.panel?.secondAt(hit.at) ?? 0);
  }

  /** Somebody is there. */
  stir() {
    this.stirred = performance.now();
  }

  /** @param {XRFrame} frame */
  frame(frame) {
    const { session, player } = this;
    if (!session) return;
    session.requestAnimationFrame((_, next) => this.frame(next));
    this.sticks(session);
    const pose = frame.getViewerPose(/** @type {XRReferenceSpace} */ (this.space));
    if (!pose) return;
    const gaze = gazeOf(pose.transform.matrix);
    this.yaw = gaze.yaw;
    player.field?.face(player.toPicture(this.turned(pose.transform.matrix)));
    const sides = player.sides();
    const side = sides[sides.length > 1 && player.wipe > 0.5 ? 1 : 0];
    const pointers = this.pointers(frame, pose);
    this.subtitles?.place([...pose.transform.matrix.slice(12, 15)], gaze, this.turn);
    const composed = this.composed(side);
    for (const view of pose.views) this.draw(view, composed ? undefined : side, composed, pointers);
    if (side) player.drawn = sides[sides.length - 1].shot.number;
  }

  /** Whether the headset draws the film by itself. @param {Side | undefined} side */
  composed(side) {
    const { player } = this;
    const video = side?.film && player.begun && side.film.video.readyState > 1 ? side.film.video : null;
    const transform = new XRRigidTransform({ x: 0, y: 0, z: 0, w: 1 }, turnOf(this.turn, player.show.orientation));
    const space = /** @type {XRReferenceSpace} */ (this.space);
    const composed = (side && this.surface?.show(video, side.layout, space, transform)) ?? false;
    for (const film of player.films) film.draw(!composed);
    return composed;
  }

  /** @param {XRView} view @param {Side | undefined} side to draw @param {boolean} composed
   * @param {import("./panel.js").Pointer[]} pointers */
  draw(view, side, composed, pointers) {
    const { player, surface, panel } = this;
    if (!surface || !panel) return;
    const area = surface.target(view);
    player.sphere.clear(area, composed ? 0 : 1);
    if (side) this.drawSphere(view, side, area);
    const { transform, projectionMatrix } = view;
    this.subtitles?.draw(projectionMatrix, transform.inverse.matrix, area);
    if (this.open) panel.draw(projectionMatrix, transform.inverse.matrix, area, pointers);
  }

  /** @param {XRView} view @param {Side} side @param {Rectangle} area */
  drawSphere(view, { shot, layout }, area) {
    const { player } = this;
    const toWorld = this.turned(view.transform.matrix);
    const look = { view: "frustum", toWorld, toPicture: player.toPicture(toWorld), ...frustum(view.projectionMatrix) };
    player.sphere.draw(shot, layout, view.eye === "right" ? 1 : 0, look, area);
  }

  /** From the axes of a pose to the world of the film. @param {Float32Array} matrix */
  turned(matrix) {
    return multiply(rotation(-this.turn), rotationOf(matrix));
  }

  /** Open the panel before the viewer, or close it; where it is pointed at.
   * @param {XRFrame} frame @param {XRViewerPose} pose */
  pointers(frame, pose) {
    const { player } = this;
    const busy = performance.now() - this.stirred < PANEL_STAYS;
    const open = busy || (!player.show.still && !player.playing);
    if (open && !this.open) this.panel?.place([...pose.transform.matrix.slice(12, 15)], this.yaw);
    this.open = open;
    if (!open) return [];
    const found = [...(this.session?.inputSources ?? [])].map((source) => this.pointer(frame, source));
    const pointers = found.filter((each) => each !== null);
    if (busy && pointers.some(({ hit }) => hit)) this.stir();
    return pointers;
  }

  /** @param {XRFrame} frame @param {XRInputSource} source @returns {import("./panel.js").Pointer | null} */
  pointer(frame, source) {
    const pose = frame.getPose(source.targetRaySpace, /** @type {XRReferenceSpace} */ (this.space));
    if (!pose || !this.panel) return null;
    const { matrix } = pose.transform;
    const direction = [8, 9, 10].map((place) => -matrix[place]);
    const ray = { origin: [...matrix.slice(12, 15)], direction };
    return { ray, hit: this.panel.hit(ray), held: source.targetRayMode === "tracked-pointer" };
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
        this.stir();
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

/** @param {Float32Array} matrix of a pose @returns {import("./subtitles.js").Direction} */
function gazeOf(matrix) {
  return { yaw: Math.atan2(-matrix[8], matrix[10]), pitch: Math.asin(clamp(-matrix[9], -1, 1)) };
}
