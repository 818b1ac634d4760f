// Captions (WebVTT): below the picture, or at a direction. A cue whose identifier says `yaw=40
// pitch=-10` (degrees) stands there on the sphere; out of sight it stands below, with an arrow.
import { RADIAN, clamp, seenAt, wrapAngle } from "./camera.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {{text: string, yaw: number | null, pitch: number}} Caption radians; no yaw: below */

const RIM = 8; // pixels
const captionPart = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** A key and a button turn them off. @param {Page} page */
export function wireCaptions({ player }) {
  const { captions } = player.show;
  captionPart("captions").hidden = !captions;
  if (!captions) return;
  const track = document.createElement("track");
  Object.assign(track, { kind: "captions", src: captions, default: true });
  track.track.mode = "hidden"; // the page shows them itself: the film is no element on it
  player.video.append(track);
  track.track.addEventListener("cuechange", () => {
    player.captions = /** @type {VTTCue[]} */ ([...(track.track.activeCues ?? [])]).map(captionOf);
    showCaptions(player);
  });
  for (const name of ["view", "change"]) player.addEventListener(name, () => showCaptions(player));
  new ResizeObserver(() => showCaptions(player)).observe(player.canvas);
}

export function toggleCaptions() {
  const off = captionPart("caption").toggleAttribute("hidden");
  captionPart("placed").hidden = off;
  captionPart("captions").setAttribute("aria-pressed", String(!off));
}

/** @param {VTTCue} cue @returns {Caption} */
function captionOf(cue) {
  const said = (/** @type {string} */ name) => cue.id.match(new RegExp(`\\b${name}=(-?\\d+(?:\\.\\d+)?)`))?.[1];
  const [yaw, pitch] = [said("yaw"), said("pitch")];
  const text = cue.getCueAsHTML().textContent ?? "";
  return { text, yaw: yaw === undefined ? null : Number(yaw) * RADIAN, pitch: Number(pitch ?? 0) * RADIAN };
}

/** Those of the moment, unless they are turned off. @param {import("./player.js").Player} player */
export function shownCaptions({ captions }) {
  return captionPart("caption").hidden ? [] : captions;
}

/** @param {import("./player.js").Player} player */
function showCaptions(player) {
  /** @type {string[]} */
  const below = [];
  /** @type {HTMLElement[]} */
  const placed = [];
  for (const caption of player.captions) {
    const spot = spotOf(player, caption);
    if (spot) placed.push(captionAt(caption.text, spot));
    else if (caption.yaw === null) below.push(caption.text);
    else below.push(withArrow(caption.text, wrapAngle(caption.yaw - player.at.yaw)));
  }
  captionPart("caption").textContent = below.join("\n");
  captionPart("placed").replaceChildren(...placed);
  for (const line of placed) keepInside(line, player.canvas.clientWidth);
}

/** Words at the rim are moved in, not cut off. @param {HTMLElement} line @param {number} width of the page */
function keepInside(line, width) {
  const half = line.offsetWidth / 2 + RIM;
  line.style.left = `${clamp(parseFloat(line.style.left), half, width - half)}px`;
}

/** Where a caption stands on the page, if it is in sight.
 * @param {import("./player.js").Player} player @param {Caption} caption */
function spotOf({ at, view, eyes, canvas }, { yaw, pitch }) {
  if (yaw === null || view !== "rectilinear" || eyes === "both") return null;
  return seenAt(at, yaw, pitch, [canvas.clientWidth, canvas.clientHeight]);
}

/** @param {string} text @param {[number, number]} spot */
function captionAt(text, [x, y]) {
  const line = document.createElement("p");
  line.textContent = text;
  Object.assign(line.style, { left: `${x}px`, top: `${y}px` });
  return line;
}

/** Which way to turn for a caption out of sight. @param {string} text @param {number} aside radians to the right */
export function withArrow(text, aside) {
  return aside < 0 ? `← ${text}` : `${text} →`;
}
