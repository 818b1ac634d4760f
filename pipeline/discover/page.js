"use strict";
const table = document.querySelector("#figures");
const cards = document.querySelector(".cards");
const dialog = document.querySelector("dialog");
const missing = (value) => value === "";

function compare(a, b) {
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
}

function sortBy(head) {
  const column = [...head.parentNode.children].indexOf(head);
  const down = head.getAttribute("aria-sort") === "ascending";
  const value = (row) => row.children[column].dataset.value;
  const rows = [...table.tBodies[0].rows].sort((a, b) => {
    const turned = down && !missing(value(a)) && !missing(value(b));
    return turned ? compare(value(b), value(a)) : compare(value(a), value(b));
  });
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  for (const row of rows) {
    table.tBodies[0].append(row);
    cards.append(document.getElementById(row.dataset.card));
  }
}

for (const head of table.querySelectorAll("th")) {
  head.querySelector("button").addEventListener("click", () => sortBy(head));
}

for (const card of document.querySelectorAll(".card")) {
  card.addEventListener("click", () => {
    const inside = card.querySelector("template").content.cloneNode(true);
    dialog.querySelector(".inside").replaceChildren(inside);
    dialog.showModal();
  });
}

dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});

document.querySelector("#pause").addEventListener("click", (event) => {
  const paused = document.body.classList.toggle("paused");
  event.target.textContent = paused ? "Play" : "Pause";
});

document.querySelector("#calm").addEventListener("change", (event) => {
  document.body.classList.toggle("calm", event.target.checked);
});

document.querySelector("#clip").addEventListener("change", (event) => {
  for (const strip of document.querySelectorAll(".strip")) {
    strip.hidden = strip.dataset.clip !== event.target.value;
  }
});
