// What went wrong, for the person who watches: what, and what to do.

/** What a player says when something fails. */
export class Trouble extends Error {}

export const WORDS = {
  noWebgl:
    "This browser cannot draw a 360° picture: WebGL 2 is missing or turned off. " +
    "Update the browser, or turn hardware acceleration on in its settings.",
  lost: "The graphics card was taken away; the picture comes back as soon as it is free.",
  disk:
    "A browser does not let a page draw films that lie on the disk. Start `vr360 serve` on this " +
    "folder, or put the folder on a web site.",
  blocked: "The browser wants a tap or a click before it plays. Press play.",
  network: "The film stopped coming: the connection broke or the file is gone. Reload the page to try again.",
  noVr: "The headset did not start. Wake it, allow this page to use it, and try again.",
  insecure: "A headset works over https only. Start `vr360 serve --lan` and open the address that it prints.",
  painterGone: "The server that paints does not answer. Is vr360 serve still running?",
  paintingBroken: "A painting came that is no picture.",
  noSensor: "This device does not tell how it is held, or the page may not ask. Drag to look around.",
};

/** @param {{codecs: string, width: number, height: number}[]} sources that were all refused */
export function cannotDecode(sources) {
  const names = [...new Set(sources.map((each) => codecName(each.codecs)))].join(" or ");
  return (
    `This browser cannot play ${names} at this size. Try Chrome, Edge or Safari, or share the film ` +
    "with vr360 share, which adds a version in H.264."
  );
}

/** @param {string} src */
export function missing(src) {
  return `${decodeURIComponent(src.split("/").pop() ?? src)} is not there. Were all files of the folder copied?`;
}

/** @param {string} codecs as in a media type */
function codecName(codecs) {
  const names = { avc1: "H.264", hvc1: "HEVC", hev1: "HEVC", vp09: "VP9", vp8: "VP8", av01: "AV1" };
  return names[/** @type {keyof typeof names} */ (codecs.split(".")[0])] ?? "this kind of film";
}
