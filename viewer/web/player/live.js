// Live painting: the server paints the frame on show in the look that is chosen here. The page asks
// for one picture at a time and then for the newest frame, so that a slow painter skips frames.
import { WORDS } from "./words.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {object} Live what the server paints @property {string} src address of the film
 * @property {{name: string, picture: string | null}[]} looks
 * @property {number} poster seconds into the film @property {number[]} heights of a picture
 * @property {number} height the first choice
 * @property {[number, number]} strokes shortest and longest, relative to a look's own */

const RETRIES = 3; // times in a row that a painter may end
const PAUSE = 1500; // milliseconds until it is asked again

const part = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {Page} page */
export function wireLive(page) {
  const { live } = page.player.show;
  part("brush").hidden = !live;
  if (!live) return;
  const easel = new Easel(page, live);
  fillLab(live);
  part("brush").onclick = toggleLab;
  for (const name of ["input", "change"]) part("lab").addEventListener(name, () => easel.choose());
  part("lab").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") toggleLab();
  });
  page.player.addEventListener("time", () => void easel.go());
}

/** Open the panel and go to it, or close it and go back. */
export function toggleLab() {
  const shut = part("lab").toggleAttribute("hidden");
  part("brush").setAttribute("aria-expanded", String(!shut));
  if (shut) part("brush").focus();
  else part("looks").querySelector("input:checked").focus();
}

/** @param {Live} live */
function fillLab({ looks, heights, height, strokes }) {
  part("looks").append(lookChoice("", "Unpainted", null));
  for (const { name, picture } of looks) {
    part("looks").append(lookChoice(name, readable(name), picture));
    part("second").append(new Option(readable(name), name));
  }
  for (const each of heights) part("height").append(new Option(`${2 * each} × ${each}`, String(each)));
  part("height").value = String(height);
  [part("stroke").min, part("stroke").max] = strokes.map((each) => String(Math.log2(each))); // octaves
}

/** @param {string} value @param {string} words @param {string | null} picture */
function lookChoice(value, words, picture) {
  const [label, input, name] = ["label", "input", "span"].map((tag) => document.createElement(tag));
  Object.assign(input, { type: "radio", name: "look", value, defaultChecked: value === "" });
  name.textContent = words;
  label.append(input, picture ? Object.assign(new Image(), { src: picture, alt: "" }) : document.createElement("i"), name);
  return label;
}

/** @param {string} name of a look, as `starry_night` */
function readable(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Asks the server for paintings, and shows them. */
class Easel {
  /** @param {Page} page @param {Live} live */
  constructor(page, live) {
    this.page = page;
    this.live = live;
    this.wish = ""; // the look as a query; empty for none
    this.done = ""; // the question that was answered last
    this.busy = false;
    this.failures = 0;
    this.trouble = ""; // that was told last
    this.stopped = false; // until another look is chosen
  }

  /** Take what the panel says. */
  choose() {
    const look = part("looks").querySelector("input:checked").value;
    const second = part("second").value;
    part("share").disabled = !second;
    part("share").setAttribute("aria-valuetext", `${Math.round(100 * part("share").value)} %`);
    const stroke = (2 ** part("stroke").value).toFixed(3);
    part("stroke").setAttribute("aria-valuetext", `${Number(stroke).toFixed(1)} times as long`);
    const words = { style: look, with: second, share: part("share").value, strength: part("strength").value };
    const wish = String(new URLSearchParams({ ...words, stroke, height: part("height").value }));
    this.wish = look ? wish : "";
    this.stopped = false;
    this.failures = 0;
    this.unsay();
    if (!look) this.rest();
    else void this.go();
  }

  /** Nothing is painted. */
  rest() {
    this.done = "";
    this.page.player.paint(null);
    part("painting").textContent = "Choose a look.";
  }

  /** What to ask for now. @returns {string} */
  question() {
    if (!this.wish || this.stopped) return "";
    const { films, show } = this.page.player;
    const number = films[0].shots[0]?.number ?? -1;
    const time = number < 0 ? this.live.poster : (number + 0.25) / (show.rate || 1);
    return `${this.live.src}?${this.wish}&time=${time.toFixed(4)}`;
  }

  /** Ask for the newest frame until there is nothing new. */
  async go() {
    if (this.busy) return;
    this.busy = true;
    try {
      for (let asked = this.question(); asked && asked !== this.done; asked = this.question()) await this.ask(asked);
    } finally {
      this.busy = false;
    }
  }

  /** @param {string} question */
  async ask(question) {
    if (!this.done) part("painting").textContent = "Painting the first picture…";
    try {
      const answer = await fetch(question);
      if (answer.ok) await this.take(answer, question);
      else await this.fail(await answer.text(), answer.status === 503);
    } catch (error) {
      if (error instanceof DOMException) await this.fail(WORDS.paintingBroken, true); // no JPEG
      else if (error instanceof TypeError) await this.fail(WORDS.painterGone, false); // no connection
      else throw error;
    }
  }

  /** @param {Response} answer @param {string} question */
  async take(answer, question) {
    const number = Number(answer.headers.get("Vr360-Frame"));
    const image = await createImageBitmap(await answer.blob());
    this.done = question;
    this.failures = 0;
    if (this.wish) this.page.player.paint(image, number);
    if (this.wish) this.report(number, Number(answer.headers.get("Vr360-Seconds")));
    image.close();
  }

  /** @param {number} number of the painted frame @param {number} seconds it took */
  report(number, seconds) {
    const { films, show } = this.page.player;
    const behind = Math.max((films[0].shots[0]?.number ?? number) - number, 0) / (show.rate || 1);
    const late = number >= 0 && behind > 0 ? `, ${behind.toFixed(1)} s behind` : "";
    part("painting").textContent = `${seconds.toFixed(1)} s a picture${late}`;
    this.unsay();
  }

  /** Take the last trouble back; what others said stays. */
  unsay() {
    this.page.unsay(this.trouble);
  }

  /** @param {string} words @param {boolean} passing a painter that ended begins anew */
  async fail(words, passing) {
    this.failures += 1;
    this.stopped = !passing || this.failures > RETRIES;
    part("painting").textContent = "Not painting.";
    this.trouble = this.stopped ? words : `${words} It begins anew.`;
    this.page.say(this.trouble);
    if (!this.stopped) await new Promise((done) => setTimeout(done, PAUSE));
  }
}
