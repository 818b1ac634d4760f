// A film or a still as textures with frame numbers, whichever of its files the browser can play.
import { Trouble, WORDS, cannotDecode, missing } from "./words.js";

/** @typedef {import("./sphere.js").Sphere} Sphere */
/** @typedef {import("./sphere.js").Layout} Layout */
/** @typedef {{src: string, type: string, codecs: string, width: number, height: number, bitrate: number}} Source */
/** @typedef {object} Picture what is shown: a film or a still
 * @property {Source[]} sources best first @property {Layout} layout @property {number} rate 0 for a still
 * @property {string} poster @property {string | null} inline the script that holds the poster */
/** @typedef {import("./sphere.js").Texture & {number: number}} Shot a frame; the poster has number -1 */

const ROUNDING = 0.25; // of a frame: times are rounded; after a seek Firefox tells the time sought
const FAR_OFF = 0.9; // seconds
const KEPT = 4; // frames of a film that is compared: one is shown, the others wait for their fellow

export class Film {
  /** @param {Sphere} sphere @param {Picture} picture @param {number} rate frames are counted by
   * @param {() => void} arrived called when there is a new frame */
  constructor(sphere, picture, rate, arrived) {
    this.sphere = sphere;
    this.picture = picture;
    this.rate = rate;
    this.arrived = arrived;
    /** @type {Shot[]} newest first */
    this.shots = [];
    this.kept = 1;
    /** @type {Shot | null} on the screen, not to be overwritten */
    this.pin = null;
    this.dropped = 0;
    this.drawing = true;
    this.video = document.createElement("video");
    this.video.playsInline = true;
    this.video.preload = "metadata";
    this.last = -1;
    this.watch();
  }

  /** Keep frames for `shotOf`. */
  keepSeveral() {
    this.kept = KEPT;
  }

  /** Show the poster until a frame is there. @throws {Trouble} it cannot be loaded */
  async showPoster() {
    const image = new Image();
    image.src = await posterSource(this.picture);
    try {
      await image.decode();
    } catch {
      throw new Trouble(missing(this.picture.poster));
    }
    if (this.shots.length) return;
    try {
      this.take(image, image.naturalWidth, image.naturalHeight, -1);
    } catch {
      throw new Trouble(WORDS.disk); // a page from the disk may not draw what lies beside it
    }
  }

  /** Take the best file that the browser says it can play, and the next one where it was wrong.
   * @throws {Trouble} none of them plays */
  async open() {
    if (location.protocol === "file:") throw new Trouble(WORDS.disk);
    const order = await inOrder(this.picture.sources, this.rate, this.sphere.largest);
    let gone = null;
    for (const source of order) {
      if (await loads(this.video, source)) return;
      if (await isGone(source)) gone = source;
    }
    throw new Trouble(gone ? missing(gone.src) : cannotDecode(this.picture.sources));
  }

  /** @param {number} number @returns {Shot | undefined} the frame of that number, if it is kept */
  shotOf(number) {
    return this.shots.find((shot) => shot.number === number);
  }

  /** @param {TexImageSource} source @param {number} width @param {number} height @param {number} number */
  take(source, width, height, number) {
    const shot = this.free() ?? { ...this.sphere.texture(), number };
    this.sphere.upload(shot, source, width, height, this.picture.layout);
    shot.number = number;
    this.shots.unshift(shot);
    this.arrived();
  }

  /** The oldest frame that is not on the screen makes room. @returns {Shot | undefined} */
  free() {
    if (this.shots.length < this.kept) return undefined;
    const spare = this.shots.length - 1;
    const place = this.kept > 1 && this.shots[spare] === this.pin ? spare - 1 : spare;
    return this.shots.splice(place, 1)[0];
  }

  /** The textures went with the graphics card. */
  forget() {
    this.shots = [];
    this.last = -1;
  }

  /** Take the frame on show now, as after the graphics card came back. */
  takeNow() {
    if (this.video.readyState >= 2) this.takeAt(this.video.currentTime);
  }

  /** Make textures of frames, or leave them to somebody who shows the video itself. @param {boolean} [here] */
  draw(here = true) {
    if (here === this.drawing) return;
    this.drawing = here;
    if (here) this.takeNow();
  }

  watch() {
    if ("requestVideoFrameCallback" in this.video) {
      const next = (/** @type {number} */ _, /** @type {VideoFrameCallbackMetadata} */ shown) => {
        this.video.requestVideoFrameCallback(next);
        this.takeAt(shown.mediaTime);
      };
      this.video.requestVideoFrameCallback(next);
    } else {
      const poll = () => {
        requestAnimationFrame(poll);
        const number = Math.floor(this.video.currentTime * this.rate + 0.01);
        if (number !== this.last && this.video.readyState >= 2) this.takeAt(number / this.rate);
      };
      poll();
    }
  }

  /** @param {number} time of the frame on show, seconds */
  takeAt(time) {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!this.drawing) this.arrived();
    if (!width || !this.drawing || this.sphere.gl.isContextLost()) return;
    const exact = this.kept > 1 ? exactFrame(this.video, time, this.rate) : null;
    const number = Math.floor((exact ? exact.timestamp / 1e6 : time) * this.rate + ROUNDING);
    if (!this.video.paused && number > this.last + 1 && this.last >= 0) this.dropped += number - this.last - 1;
    this.last = number;
    this.take(exact ?? this.video, width, height, number);
    exact?.close();
  }
}

/** The frame with its own time. A busy page is called back late: then the film shows a newer frame
 * than the one it was called for. @param {HTMLVideoElement} video @param {number} time seconds, about
 * @param {number} rate
 * @returns {VideoFrame | null} */
function exactFrame(video, time, rate) {
  try {
    const frame = new VideoFrame(video);
    const first = frame.timestamp === 0;
    const near = Math.abs(frame.timestamp / 1e6 - time) < FAR_OFF;
    if (near && (!first || time * rate < 1 - ROUNDING)) return frame;
    frame.close(); // Firefox tells whole seconds where microseconds are meant
    return null;
  } catch {
    return null; // an older browser
  }
}

/** @param {Picture} picture @returns {Promise<string>} an address that a page may draw */
async function posterSource({ poster, inline }) {
  if (location.protocol !== "file:" || !inline) return poster;
  await new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = inline;
    script.onload = done;
    script.onerror = () => failed(new Trouble(missing(inline)));
    document.head.append(script);
  });
  return /** @type {any} */ (globalThis).vr360Pictures[poster];
}

/** Sources that may play, those that play smoothly first, otherwise as given.
 * @param {Source[]} sources @param {number} rate @param {number} largest texture */
async function inOrder(sources, rate, largest) {
  const marks = await Promise.all(sources.map((source) => mark(source, rate, largest)));
  const may = sources.filter((_, i) => marks[i] > 0);
  return may.sort((a, b) => marks[sources.indexOf(b)] - marks[sources.indexOf(a)]);
}

/** @param {Source} source @param {number} rate @param {number} largest
 * @returns {Promise<number>} 0 no, 1 perhaps, 2 smoothly */
async function mark({ type, width, height, bitrate }, rate, largest) {
  if (Math.max(width, height) > largest || !document.createElement("video").canPlayType(type)) return 0;
  if (!navigator.mediaCapabilities) return Math.max(width, height) > 4096 ? 1 : 2;
  const video = { contentType: type.replace(/, *mp4a[^"]*/, ""), width, height, bitrate, framerate: rate || 30 };
  try {
    const found = await navigator.mediaCapabilities.decodingInfo({ type: "file", video });
    return found.supported ? (found.smooth ? 2 : 1) : 0;
  } catch {
    return 1;
  }
}

/** @param {HTMLVideoElement} video @param {Source} source @returns {Promise<boolean>} */
function loads(video, source) {
  return new Promise((answer) => {
    // HEVC that cannot be decoded fails without an error: it has no picture
    video.onloadedmetadata = () => answer(video.videoWidth > 0);
    video.onerror = () => answer(false);
    video.src = source.src;
  });
}

/** @param {Source} source */
async function isGone(source) {
  try {
    return !(await fetch(source.src, { method: "HEAD" })).ok;
  } catch {
    return true;
  }
}
