// The page around the player: what each control does. `controls.js` wires them.
import { turned } from "./camera.js";
import { Gestures } from "./gestures.js";
import { Headset, headsetIsThere } from "./headset.js";
import { linkTo, placeOf } from "./links.js";
import { Trouble, WORDS } from "./words.js";

/** @typedef {import("./player.js").Player} Player */

export const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
export const VIEWS = ["rectilinear", "planet", "flat"];
const IDLE = 3000; // milliseconds without a movement hide the controls of a film that plays
const HEADSETS = /OculusBrowser|Quest|Pico|Wolvic|VisionOS/;
const KEPT_EVERY = 5; // seconds
const NEAR_AN_END = 2; // seconds: there a film begins anew

export class Page {
  /** @param {HTMLElement} root @param {Player} player */
  constructor(root, player) {
    this.root = root;
    this.player = player;
    this.idle = 0;
    this.keptAt = 0;
    this.waited = false; // for the first gesture
    const reduced = matchMedia("(prefers-reduced-motion: reduce)");
    const does = { tap: () => this.tap(), fullScreen: () => this.fullScreen(), reduced };
    this.gestures = new Gestures(player, does);
    this.headset = new Headset(player, () => this.toggle());
    player.addEventListener("trouble", (event) => this.say(/** @type {CustomEvent<string>} */ (event).detail));
    player.addEventListener("time", () => this.keepPlace());
    for (const name of ["pointermove", "pointerdown", "focusin"]) root.addEventListener(name, () => this.stir());
  }

  /** Begin where the link says, else where the film was left. */
  async start() {
    const { player } = this;
    const place = placeOf(location.search, player.show.view);
    player.look(place.camera);
    if (player.pair) player.set({ wipe: place.wipe ?? 0.5 });
    this.from = place.time ?? this.keptPlace();
    await this.attempt(() => player.showPosters());
    if (place.time !== null) await this.attempt(() => player.begin(place.time ?? 0));
  }

  /** "Enter VR" stands there only where a headset does. @param {HTMLElement} button */
  async offerHeadset(button) {
    button.hidden = !(await headsetIsThere());
    if (!isSecureContext && HEADSETS.test(navigator.userAgent)) this.say(WORDS.insecure);
  }

  toggleHeadset() {
    if (this.headset.session) return this.headset.leave();
    return this.attempt(() => this.headset.enter());
  }

  /** Do something, and tell what went wrong. @param {() => Promise<void>} what */
  attempt = async (what) => {
    try {
      await what();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      this.say(error.message);
    }
  };

  toggle() {
    this.say("");
    return this.attempt(async () => {
      if (!this.player.begun) await this.player.begin(this.from);
      await this.player.toggle();
    });
  }

  /** A tap on the picture: plays the poster, then shows and hides the controls. */
  tap() {
    if (!this.player.show.still && !this.player.begun) void this.toggle();
    else if (matchMedia("(pointer: coarse)").matches) this.stir();
    else if (!this.player.show.still) void this.toggle();
  }

  /** @param {number} yaw @param {number} pitch */
  turn(yaw, pitch) {
    this.player.dispatchEvent(new Event("drag"));
    this.player.look(turned(this.player.at, yaw, pitch));
  }

  /** @param {number} by steps of `SPEEDS` */
  changeSpeed(by) {
    const now = SPEEDS.indexOf(this.player.video.playbackRate);
    this.player.setSpeed(SPEEDS[Math.min(Math.max(now + by, 0), SPEEDS.length - 1)] ?? 1);
  }

  toggleSound() {
    const { video } = this.player;
    video.muted = !video.muted;
  }

  /** @param {number} by */
  changeVolume(by) {
    const { video } = this.player;
    video.volume = Math.min(Math.max(Math.round((video.volume + by) * 20) / 20, 0), 1);
    video.muted = video.volume === 0;
  }

  toggleLoop() {
    this.player.loop = !this.player.loop;
    this.player.changed();
  }

  nextView() {
    const next = VIEWS[(VIEWS.indexOf(this.player.view) + 1) % VIEWS.length];
    this.player.set({ view: next });
  }

  /** The film alone, the original alone, half and half. */
  nextCompare() {
    const { wipe } = this.player;
    this.player.set({ wipe: wipe === 0 ? 1 : wipe === 1 ? 0.5 : 0 });
  }

  savePicture() {
    const link = document.createElement("a");
    link.href = this.player.snapshot();
    link.download = `${this.player.show.title}.png`;
    link.click();
  }

  fullScreen() {
    if (document.fullscreenElement) return document.exitFullscreen();
    return this.root.requestFullscreen?.();
  }

  showHelp() {
    /** @type {HTMLDialogElement} */ (document.getElementById("help")).showModal();
  }

  /** A link to what is seen goes to the address bar and the clipboard. */
  async copyLink() {
    const { player } = this;
    const time = player.show.still ? null : player.time;
    const link = linkTo(location.href, { time, camera: player.at, wipe: player.compared ? player.wipe : null });
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link);
      this.tell("The link is copied.");
    } catch {
      this.tell("The link stands in the address bar.");
    }
  }

  /** @param {import("./keys.js").Needed} what @returns {boolean} */
  has(what) {
    const { show, compared } = this.player;
    if (what === "live") return show.live !== null;
    return what === null || (what === "film" ? !show.still : compared);
  }

  /** Something went wrong; no words take the last ones back. @param {string} words */
  say(words) {
    const box = /** @type {HTMLElement} */ (document.getElementById("trouble"));
    box.textContent = words;
    box.hidden = !words;
  }

  /** Hide a trouble, if it is the one that is shown. @param {string} words */
  unsay(words) {
    if (document.getElementById("trouble")?.textContent === words) this.say("");
  }

  /** A short message. @param {string} words */
  tell(words) {
    const box = /** @type {HTMLElement} */ (document.getElementById("told"));
    box.textContent = words;
    setTimeout(() => (box.textContent = ""), 4000);
  }

  /** Somebody is there: show the controls for a while. */
  stir() {
    clearTimeout(this.idle);
    this.root.removeAttribute("data-idle");
    this.idle = window.setTimeout(() => {
      const used = document.querySelector(".controls :focus-visible, .lab:not([hidden])");
      if (this.player.playing && !used) this.root.setAttribute("data-idle", "");
    }, IDLE);
  }

  keepPlace() {
    const { player } = this;
    if (!player.begun || Math.abs(player.time - this.keptAt) < KEPT_EVERY) return;
    this.keptAt = player.time;
    const near = player.time < NEAR_AN_END || player.time > player.duration - NEAR_AN_END;
    try {
      if (near) localStorage.removeItem(location.pathname);
      else localStorage.setItem(location.pathname, String(player.time));
    } catch {
      // a browser that keeps nothing
    }
  }

  /** @returns {number} seconds */
  keptPlace() {
    try {
      return Number(localStorage.getItem(location.pathname)) || 0;
    } catch {
      return 0;
    }
  }
}
