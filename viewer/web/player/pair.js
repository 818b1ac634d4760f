// Two films in step: never two frames of different numbers on one screen.

const LATE = 0.25; // seconds apart that only a seek makes good
const MISSES = 10; // frames without a fellow, after which one film lets the other one go ahead

export class Pair {
  /** @param {import("./film.js").Film[]} films the first leads */
  constructor(films) {
    this.lead = films[0];
    this.follower = films[1];
    this.follower.video.muted = true;
    this.speed = 1;
    this.misses = 0;
    /** @type {import("./film.js").Shot[]} */
    this.shown = [];
    for (const film of films) film.keepSeveral();
    this.lead.video.addEventListener("timeupdate", () => this.steer());
    this.lead.video.addEventListener("ended", () => this.follower.video.pause());
    this.holdOn();
  }

  /** The newest frames of both that have the same number; the last ones until there are such.
   * @returns {import("./film.js").Shot[]} */
  newest() {
    for (const one of this.lead.shots) {
      const other = this.follower.shotOf(one.number);
      if (other) {
        this.misses = 0;
        return this.keep([one, other]);
      }
    }
    this.misses += 1;
    return this.alive(this.shown) ? this.shown : [];
  }

  /** Both rest: show the very frame that the leader has reached. A browser that does not tell the
   * times of frames (Firefox) may have counted wrong while it was busy; after a seek it cannot. */
  align() {
    const number = Math.floor(this.lead.video.currentTime * this.lead.rate + 0.01);
    for (const film of [this.lead, this.follower]) film.video.currentTime = (number + 0.5) / film.rate;
  }

  /** The pair on the screen must not be overwritten by what comes. @param {import("./film.js").Shot[]} pair */
  keep(pair) {
    this.shown = pair;
    this.lead.pin = pair[0];
    this.follower.pin = pair[1];
    return pair;
  }

  /** @param {import("./film.js").Shot[]} pair */
  alive(pair) {
    return pair.length > 0 && this.lead.shots.includes(pair[0]) && this.follower.shots.includes(pair[1]);
  }

  /** Play the follower a little faster or slower, or jump. */
  steer() {
    const [one, other] = [this.lead.video, this.follower.video];
    if (one.paused || one.seeking || other.seeking) return;
    if (this.lead.video.ended) return;
    if (other.paused && other.readyState > 2) void other.play().catch(() => undefined);
    const aside = this.misses > MISSES ? 1 / this.lead.rate : 0;
    const ahead = other.currentTime - one.currentTime - aside;
    if (Math.abs(ahead) > LATE) other.currentTime = one.currentTime;
    other.playbackRate = this.speed * Math.min(Math.max(1 - 2 * ahead, 0.8), 1.25);
  }

  /** While the follower waits for data, so does the leader; the other way round `steer` sees to it. */
  holdOn() {
    const [one, other] = [this.lead.video, this.follower.video];
    let held = false;
    other.addEventListener("waiting", () => {
      if (one.paused || other.seeking) return;
      held = true;
      one.pause();
    });
    other.addEventListener("canplay", () => {
      if (held) void one.play().catch(() => undefined);
      held = false;
    });
  }
}
