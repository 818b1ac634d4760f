// The controls of the page: they show what the player does, and hand on what is pressed.
import { clamp } from "./camera.js";
import { toggleCaptions, wireCaptions } from "./captions.js";
import { wireDirector, wireSensor, wireThumbs } from "./extras.js";
import { KEYS } from "./keys.js";
import { clockTime } from "./links.js";
import { wireLive } from "./live.js";

/** @typedef {import("./page.js").Page} Page */

const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {Page} page */
export function wireControls(page) {
  const { player } = page;
  /** @type {[string, () => unknown][]} */
  const buttons = [
    ["play", () => page.toggle()],
    ["start", () => page.toggle()],
    ["mute", () => page.toggleSound()],
    ["loop", () => page.toggleLoop()],
    ["link", () => page.copyLink()],
    ["full", () => page.fullScreen()],
    ["keys", () => page.showHelp()],
    ["compare", () => page.nextCompare()],
    ["captions", toggleCaptions],
    ["vr", () => page.toggleHeadset()],
  ];
  for (const [id, does] of buttons) find(id).onclick = does;
  find("seek").oninput = () => player.seek(Number(find("seek").value));
  find("volume").oninput = () => setVolume(page, Number(find("volume").value));
  find("speed").onchange = () => player.setSpeed(Number(find("speed").value));
  find("view").onchange = () => player.set({ view: find("view").value });
  find("eyes").onchange = () => player.set({ eyes: find("eyes").value });
  hideWhatIsMissing(page);
  void page.offerHeadset(find("vr"));
  listKeys(page);
  wireWipe(page);
  for (const wire of [wireCaptions, wireThumbs, wireDirector, wireSensor, wireLive]) wire(page);
  player.addEventListener("change", () => showState(page));
  player.addEventListener("time", () => showTime(page));
  showState(page);
  showTime(page);
}

/** @param {Page} page @param {number} volume */
function setVolume({ player }, volume) {
  player.video.volume = volume;
  player.video.muted = volume === 0;
}

/** @param {Page} page */
function hideWhatIsMissing({ player, root }) {
  root.toggleAttribute("data-still", player.show.still);
  find("eyes").hidden = player.show.layout.eyes.length < 2;
  find("full").hidden = !document.fullscreenEnabled;
}

/** @param {Page} page */
function listKeys(page) {
  const names = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
  for (const [keys, what, , needs] of KEYS) {
    if (!page.has(needs)) continue;
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    const shown = keys.map((key) => Object.entries(names).reduce((said, [k, n]) => said.replace(k, n), key));
    term.textContent = shown.map((key) => (key.length === 1 ? key.toUpperCase() : key)).join("  ");
    meaning.textContent = what;
    find("keylist").append(term, meaning);
  }
}

/** @param {Page} page */
function showState({ player, root }) {
  const { video } = player;
  root.dataset.state = player.playing ? "playing" : player.begun ? "paused" : "poster";
  label("play", player.playing ? "Pause" : "Play");
  label("mute", video.muted ? "Sound on" : "Sound off");
  find("mute").setAttribute("aria-pressed", String(video.muted));
  find("loop").setAttribute("aria-pressed", String(player.loop));
  find("volume").value = String(video.muted ? 0 : video.volume);
  find("speed").value = String(video.playbackRate);
  find("view").value = player.view;
  find("eyes").value = player.eyes;
  find("seek").max = String(player.duration);
  showWipe(player);
}

/** @param {Page} page */
function showTime({ player }) {
  const said = `${clockTime(player.time)} / ${clockTime(player.duration)}`;
  const seek = find("seek");
  seek.value = String(player.time);
  seek.style.setProperty("--done", `${(100 * player.time) / (player.duration || 1)}%`);
  if (find("time").textContent === said) return;
  find("time").textContent = said;
  seek.setAttribute("aria-valuetext", `${clockTime(player.time)} of ${clockTime(player.duration)}`);
}

/** @param {string} id @param {string} words */
function label(id, words) {
  find(id).setAttribute("aria-label", words);
  find(id).title = words;
}

/** @param {import("./player.js").Player} player */
function showWipe(player) {
  const bar = find("wipe");
  bar.hidden = !player.compared;
  find("compare").hidden = !player.compared;
  bar.style.left = `${100 * player.wipe}%`;
  bar.setAttribute("aria-valuenow", String(Math.round(100 * player.wipe)));
  const [first, second] = player.painted ? ["painting", "film"] : ["film", "original"];
  const words = { 0: `Compare: the ${first}`, 1: `Compare: the ${second}` };
  label("compare", words[/** @type {0 | 1} */ (player.wipe)] ?? "Compare: both");
}

/** The line between the films is dragged, or moved with the arrow keys. @param {Page} page */
function wireWipe({ player, root }) {
  const bar = find("wipe");
  bar.onpointerdown = (/** @type {PointerEvent} */ event) => bar.setPointerCapture(event.pointerId);
  bar.onpointermove = (/** @type {PointerEvent} */ event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const place = root.getBoundingClientRect();
    player.set({ wipe: clamp((event.clientX - place.left) / place.width, 0, 1) });
  };
  bar.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key];
    if (by === undefined || event.shiftKey) return;
    event.stopPropagation();
    event.preventDefault();
    player.set({ wipe: clamp(player.wipe + by, 0, 1) });
  };
}
