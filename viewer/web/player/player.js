// The player without its controls: one film or two, a camera, and what is drawn of them.
import { IDENTITY, camera, glided, multiply, reach, rotation, viewMatrix } from "./camera.js";
import { compose } from "./composition.js";
import { Film } from "./film.js";
import { Pair } from "./pair.js";
import { Field } from "./sound.js";
import { Sphere } from "./sphere.js";
import { Trouble, WORDS } from "./words.js";

/** @typedef {import("./film.js").Picture} Picture */
/** @typedef {import("./film.js").Shot} Shot */
/** @typedef {Picture & {title: string, still: boolean, duration: number, orientation: number[] | null,
 *   view: {yaw: number, pitch: number, fov: number}, compare: Picture | null, captions: string | null,
 *   path: import("./journey.js").Keyframe[] | null, live: import("./live.js").Live | null,
 *   field: string | null,
 *   thumbs: {src: string, count: number, columns: number, width: number, height: number} | null}} Show */

const DENSEST = 2; // pixels of the picture on one of the page; more cannot be seen
const UNDRAWN = -2; // the poster has number -1

/** @typedef {{shot: Shot, layout: import("./sphere.js").Layout, film: Film | null}} Side what one side
 * of a wipe shows: a film, or a painting of it */

/** Events: "change" (something a control shows), "time", "view" (the camera turned), "drawn" (the first
 * picture), "trouble". */
export class Player extends EventTarget {
  /** @param {HTMLCanvasElement} canvas @param {Show} show @throws {Trouble} WebGL is missing */
  constructor(canvas, show) {
    super();
    this.canvas = canvas;
    this.show = show;
    this.sphere = sphereOn(canvas);
    this.at = camera({});
    /** @type {import("./camera.js").View} */
    this.view = "rectilinear";
    /** @type {import("./composition.js").Eyes} */
    this.eyes = "left";
    this.wipe = 0;
    /** @type {[number, number] | null} */
    this.glide = null;
    this.begun = false; // the films are opened
    /** Begin anew at the end. Not by `video.loop`: Firefox then tells times beyond the film's end. */
    this.loop = false;
    this.drawn = UNDRAWN; // number of the frame on the screen
    this.films = [show, ...(show.compare ? [show.compare] : [])].map(
      (each) => new Film(this.sphere, each, show.rate, () => this.arrived()),
    );
    for (const film of this.films) this.sphere.program(film.picture.layout, this.view); // while the poster comes
    this.pair = this.films.length > 1 ? new Pair(this.films) : null;
    /** @type {Shot | null} the film as it is painted live; lies over it */
    this.painted = null;
    this.field = show.field ? new Field(this.video, show.field) : null;
    /** @type {import("./captions.js").Caption[]} of the moment */
    this.captions = [];
    this.asked = 0;
    this.before = 0;
    /** Something else draws, as a headset does. */
    this.away = false;
    this.listen();
  }

  get video() {
    return this.films[0].video;
  }

  get playing() {
    return this.begun && !this.video.paused && !this.video.ended;
  }

  get time() {
    return this.begun ? this.video.currentTime : 0;
  }

  get duration() {
    return this.begun && Number.isFinite(this.video.duration) ? this.video.duration : this.show.duration;
  }

  /** There are two pictures to compare: the second is an original, or the film unpainted. */
  get compared() {
    return this.pair !== null || this.painted !== null;
  }

  async showPosters() {
    await Promise.all(this.films.map((film) => film.showPoster()));
  }

  /** @param {number} [time] seconds to begin at */
  async begin(time = 0) {
    if (this.begun || this.show.still) return;
    this.begun = true;
    try {
      await Promise.all(this.films.map((film) => film.open()));
    } catch (error) {
      this.begun = false;
      throw error;
    }
    if (time > 0) this.seek(time);
  }

  async toggle() {
    if (this.playing) this.pause();
    else await this.play();
  }

  /** @throws {Trouble} the film cannot be opened, or the browser waits for a gesture */
  async play() {
    if (this.show.still) return;
    this.field?.begin();
    await this.begin();
    if (this.video.ended) this.seek(0);
    try {
      await Promise.all(this.films.map((film) => film.video.play()));
    } catch (error) {
      if (error instanceof DOMException && error.name === "NotAllowedError") throw new Trouble(WORDS.blocked);
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error; // a pause came first
    }
  }

  pause() {
    for (const film of this.films) film.video.pause();
    this.pair?.align();
  }

  /** @param {number} time seconds */
  seek(time) {
    const to = Math.min(Math.max(time, 0), Math.max(this.duration - 0.5 / this.show.rate, 0));
    for (const film of this.films) film.video.currentTime = to;
  }

  /** Pause, and show the frame that lies `count` further on. @param {number} count */
  step(count) {
    const number = this.drawn >= 0 ? this.drawn : Math.floor(this.time * this.show.rate + 0.01);
    this.pause();
    this.seek((Math.max(number + count, 0) + 0.5) / this.show.rate);
  }

  /** @param {number} rate 1 is as filmed */
  setSpeed(rate) {
    for (const film of this.films) film.video.playbackRate = rate;
    if (this.pair) this.pair.speed = rate;
    this.changed();
  }

  /** @param {import("./camera.js").Camera} at */
  look(at) {
    this.at = at;
    this.field?.face(this.toPicture(rotation(at.yaw, at.pitch)));
    this.dispatchEvent(new Event("view"));
    this.redraw();
  }

  /** @param {{view?: string, eyes?: string, wipe?: number}} how */
  set(how) {
    Object.assign(this, how);
    this.changed();
    this.redraw();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  redraw() {
    if (!this.asked && !this.away) this.asked = requestAnimationFrame((now) => this.frame(now));
  }

  /** What to show: frames of the same number where there are two films; a painting and its film.
   * @returns {Side[]} */
  sides() {
    const shots = this.pair ? this.pair.newest() : this.films[0].shots.slice(0, 1);
    /** @type {Side[]} */
    const sides = shots.map((shot, i) => ({ shot, layout: this.films[i].picture.layout, film: this.films[i] }));
    if (this.painted && sides.length) sides.unshift({ shot: this.painted, layout: sides[0].layout, film: null });
    return sides;
  }

  /** Draw now, as before the pixels are read. */
  draw() {
    const sides = this.sides();
    const size = this.fit();
    this.sphere.clear([0, 0, ...size]);
    if (!sides.length) return;
    for (const pass of compose(size, this.eyes, sides.length > 1 ? this.wipe : 0)) {
      const { shot, layout } = sides[pass.film];
      const look = this.looking([pass.viewport[2], pass.viewport[3]]);
      this.sphere.draw(shot, layout, pass.eye, look, pass.viewport, pass.cut);
    }
    const first = this.drawn === UNDRAWN;
    this.drawn = sides[sides.length - 1].shot.number; // of the film, were it painted or not
    if (first) this.dispatchEvent(new Event("drawn"));
  }

  /** @param {ImageBitmap | null} image a painting of the film; null takes it away
   * @param {number} number of its frame */
  paint(image, number = -1) {
    if (image && !this.sphere.gl.isContextLost()) {
      this.painted = Object.assign(this.painted ?? this.sphere.texture(), { number });
      this.sphere.upload(this.painted, image, image.width, image.height, this.show.layout);
    } else this.painted = null;
    this.changed();
    this.redraw();
  }

  /** @param {[number, number]} size @returns {import("./sphere.js").Looking} */
  looking(size) {
    const toWorld = viewMatrix(this.at, this.view);
    return { view: this.view, toWorld, toPicture: this.toPicture(toWorld), reach: reach(this.at, this.view, size) };
  }

  /** @param {number[]} toWorld */
  toPicture(toWorld) {
    return multiply(this.show.orientation ?? IDENTITY, toWorld);
  }

  /** @returns {string} the picture as a data address */
  snapshot() {
    this.draw();
    return this.canvas.toDataURL("image/png");
  }

  /** @param {number} now milliseconds */
  frame(now) {
    this.asked = 0;
    const seconds = Math.min((now - this.before) / 1000, 0.1);
    this.before = now;
    if (this.glide) {
      const [at, left] = glided(this.at, this.glide, seconds);
      this.glide = left;
      this.look(at);
    }
    this.draw();
  }

  /** Make the canvas as many pixels as it covers. @returns {[number, number]} */
  fit() {
    const dense = Math.min(devicePixelRatio || 1, DENSEST);
    const width = Math.max(Math.round(this.canvas.clientWidth * dense), 2);
    const height = Math.max(Math.round(this.canvas.clientHeight * dense), 2);
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    return [width, height];
  }

  arrived() {
    this.dispatchEvent(new Event("time"));
    this.redraw();
  }

  listen() {
    for (const name of ["play", "pause", "ended", "seeked", "volumechange", "durationchange", "waiting", "playing"]) {
      this.video.addEventListener(name, () => this.changed());
    }
    this.video.addEventListener("ended", () => {
      if (this.loop) this.play().catch(() => undefined); // it rests, and the button says so
    });
    this.video.addEventListener("timeupdate", () => this.dispatchEvent(new Event("time")));
    this.video.addEventListener("error", () => this.broke());
    new ResizeObserver(() => this.redraw()).observe(this.canvas);
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.complain(WORDS.lost);
    });
    this.canvas.addEventListener("webglcontextrestored", () => this.restore());
  }

  /** A film that played and stopped coming; what fails on opening is told by `begin`. */
  broke() {
    if (this.begun && this.video.readyState > 0) this.complain(WORDS.network);
  }

  restore() {
    this.sphere.begin();
    this.painted = null;
    for (const film of this.films) {
      film.forget();
      film.takeNow();
    }
    if (!this.begun || this.show.still) void this.showPosters();
    this.complain("");
  }

  /** @param {string} words none take the last ones back */
  complain(words) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: words }));
  }
}

/** @param {HTMLCanvasElement} canvas */
function sphereOn(canvas) {
  try {
    return new Sphere(canvas);
  } catch {
    throw new Trouble(WORDS.noWebgl);
  }
}
