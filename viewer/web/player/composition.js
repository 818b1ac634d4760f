// What is drawn where: `viewer/composition.py` in the browser's language. Pure.
// Rectangles are [left, bottom, width, height] in pixels from the lower left corner.

/** @typedef {[number, number, number, number]} Rectangle */
/** @typedef {"left" | "right" | "both"} Eyes */
/** @typedef {{film: number, eye: number, viewport: Rectangle, cut: Rectangle}} Pass */

/** Passes for one or two films; `wipe` is the share of the width that shows the second.
 * @param {[number, number]} size @param {Eyes} eyes @param {number} wipe 0 for one film alone
 * @returns {Pass[]} */
export function compose([width, height], eyes, wipe) {
  const edge = Math.round(width * wipe);
  /** @type {[number, Rectangle][]} */
  const cuts = [
    [1, [0, 0, edge, height]],
    [0, [edge, 0, width - edge, height]],
  ];
  return cuts
    .flatMap(([film, cut]) => eyePasses(film, [0, 0, width, height], cut, eyes))
    .filter(({ cut }) => cut[2] > 0 && cut[3] > 0);
}

/** @param {number} film @param {Rectangle} view @param {Rectangle} cut @param {Eyes} eyes @returns {Pass[]} */
function eyePasses(film, view, cut, eyes) {
  if (eyes !== "both") return [{ film, eye: eyes === "left" ? 0 : 1, viewport: view, cut }];
  const half = Math.floor(view[2] / 2);
  /** @type {Rectangle[]} */
  const views = [
    [0, 0, half, view[3]],
    [half, 0, view[2] - half, view[3]],
  ];
  return views.map((viewport, eye) => ({ film, eye, viewport, cut: overlap(viewport, cut) }));
}

/** @param {Rectangle} a @param {Rectangle} b @returns {Rectangle} */
function overlap(a, b) {
  const [left, bottom] = [Math.max(a[0], b[0]), Math.max(a[1], b[1])];
  const right = Math.min(a[0] + a[2], b[0] + b[2]);
  const top = Math.min(a[1] + a[3], b[1] + b[3]);
  return [left, bottom, Math.max(right - left, 0), Math.max(top - bottom, 0)];
}
