// Begins the player on a page that has one.
import { wireControls } from "./controls.js";
import { listenToKeys } from "./keys.js";
import { turnsView } from "./links.js";
import { Page } from "./page.js";
import { Player } from "./player.js";
import { Trouble } from "./words.js";

/** The page itself is on the screen: to reach the graphics card can hold it up for a second. */
function painted() {
  return new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}

export async function main() {
  const show = document.getElementById("show");
  const root = document.getElementById("player");
  if (!show || !root) return; // a gallery
  const trouble = /** @type {HTMLElement} */ (document.getElementById("trouble"));
  try {
    const first = /** @type {HTMLElement} */ (root.querySelector(".first"));
    first.hidden = turnsView(location.search);
    await painted();
    const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById("canvas"));
    const page = new Page(root, new Player(canvas, JSON.parse(show.textContent ?? "")));
    /** @type {any} */ (globalThis).vr360 = page.player; // for a page that embeds it
    wireControls(page);
    listenToKeys(page);
    page.player.addEventListener("drawn", () => (root.dataset.ready = ""), { once: true });
    await page.start();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    trouble.textContent = error.message;
    trouble.hidden = false;
  }
}
