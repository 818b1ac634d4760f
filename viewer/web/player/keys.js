// The keyboard: the desktop viewer's keys. `KEYS` is also what the help lists.
import { camera, zoomed } from "./camera.js";
import { toggleCaptions } from "./captions.js";
import { LOOK_STEP } from "./gestures.js";
import { toggleLab } from "./live.js";

/** @typedef {import("./page.js").Page} Page */

/** @typedef {"film" | "pair" | "live" | null} Needed what a key is for */

/** @type {[keys: string[], what: string, does: (page: Page) => void, needs: Needed][]} */
export const KEYS = [
  [[" ", "k"], "play or pause", (page) => page.toggle(), "film"],
  [["ArrowLeft"], "5 seconds back", ({ player }) => player.seek(player.time - 5), "film"],
  [["ArrowRight"], "5 seconds on", ({ player }) => player.seek(player.time + 5), "film"],
  [[","], "one frame back", ({ player }) => player.step(-1), "film"],
  [["."], "one frame on", ({ player }) => player.step(1), "film"],
  [["Home"], "to the beginning", ({ player }) => player.seek(0), "film"],
  [["["], "slower", (page) => page.changeSpeed(-1), "film"],
  [["]"], "faster", (page) => page.changeSpeed(1), "film"],
  [["m"], "sound off or on", (page) => page.toggleSound(), "film"],
  [["9", "ArrowDown"], "quieter", (page) => page.changeVolume(-0.1), "film"],
  [["0", "ArrowUp"], "louder", (page) => page.changeVolume(0.1), "film"],
  [["l"], "loop", (page) => page.toggleLoop(), "film"],
  [["c"], "the film, the original, both", (page) => page.nextCompare(), "pair"],
  [["t"], "captions", () => toggleCaptions(), "film"],
  [["a", "Shift+ArrowLeft"], "look left", (page) => page.turn(-LOOK_STEP, 0), null],
  [["d", "Shift+ArrowRight"], "look right", (page) => page.turn(LOOK_STEP, 0), null],
  [["w", "Shift+ArrowUp"], "look up", (page) => page.turn(0, LOOK_STEP), null],
  [["s", "Shift+ArrowDown"], "look down", (page) => page.turn(0, -LOOK_STEP), null],
  [["+", "="], "closer", ({ player }) => player.look(zoomed(player.at, 1)), null],
  [["-"], "wider", ({ player }) => player.look(zoomed(player.at, -1)), null],
  [["r"], "look ahead again", ({ player }) => player.look(camera({})), null],
  [["v"], "next view", (page) => page.nextView(), null],
  [["b"], "the brush: paint live", () => toggleLab(), "live"],
  [["p"], "save the picture", (page) => page.savePicture(), null],
  [["f"], "full screen", (page) => page.fullScreen(), null],
  [["?"], "these keys", (page) => page.showHelp(), null],
];

/** @param {Page} page */
export function listenToKeys(page) {
  const actions = new Map(KEYS.flatMap(([keys, , does, needs]) => keys.map((key) => [key, { does, needs }])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    const action = actions.get(nameOf(event));
    if (!action || !page.has(action.needs)) return;
    event.preventDefault();
    page.stir();
    action.does(page);
  });
}

/** @param {KeyboardEvent} event */
function nameOf({ key, shiftKey }) {
  if (key.startsWith("Arrow")) return shiftKey ? `Shift+${key}` : key;
  return key.length === 1 ? key.toLowerCase() : key;
}

/** Keys that the control under the focus takes for itself. @param {KeyboardEvent} event */
function isTyping({ target, key }) {
  if (!(target instanceof HTMLElement) || document.querySelector("dialog[open]")) return true;
  if (target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement && target.closest("#volume, #lab")) return /^(Arrow| |Home)/.test(key);
  return target instanceof HTMLButtonElement && (key === " " || key === "Enter");
}

