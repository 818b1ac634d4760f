// Sound that turns with the view: first-order ambisonics on eight virtual loudspeakers about the
// head, each heard through the browser's own head-related transfer function (HRTF).
// Axes are the picture's: x right, y up, -z ahead. Channels: W Y Z X (ACN), SN3D; ambisonic X is
// ahead, Y left, Z up (Nachbar et al., AmbiX, 2011).

const CORNER = 1 / Math.sqrt(3);
const MAX_RE = Math.sqrt(3); // three dimensions, first order: 3 / sqrt(3) (Daniel, 2000)
const PLAIN = [0, 1, 2, 3];

/** Directions of the loudspeakers: the corners of a cube. */
const SPEAKERS = [...Array(8).keys()].map((n) => [1, 2, 4].map((bit) => (n & bit ? CORNER : -CORNER)));

/** Decode and play a field.
 * @param {BaseAudioContext} context @param {AudioNode} source four channels
 * @param {number[]} [order] which of its channels holds W, Y, Z, X */
export function playField(context, source, order = PLAIN) {
  const parts = context.createChannelSplitter(4);
  source.connect(parts);
  for (const at of SPEAKERS) {
    const speaker = speakerAt(context, at);
    gainsOf(at).forEach((value, channel) => {
      const gain = context.createGain();
      gain.gain.value = value;
      parts.connect(gain, order[channel]);
      gain.connect(speaker);
    });
    speaker.connect(context.destination);
  }
  return parts;
}

/** What a loudspeaker plays of W, Y, Z and X. @param {number[]} at */
export function gainsOf([right, up, back]) {
  return [1, -right * MAX_RE, up * MAX_RE, -back * MAX_RE].map((gain) => gain / SPEAKERS.length);
}

/** @param {BaseAudioContext} context @param {number[]} at */
function speakerAt(context, [x, y, z]) {
  const place = { positionX: x, positionY: y, positionZ: z };
  return new PannerNode(context, { panningModel: "HRTF", distanceModel: "linear", rolloffFactor: 0, ...place });
}

/** Turn the head. @param {BaseAudioContext} context
 * @param {number[]} turn 3x3, column by column, from the axes of the view to those of the picture */
export function turnHead({ listener }, turn) {
  const [x, y, z] = turn.slice(6).map((each) => -each);
  const [upX, upY, upZ] = turn.slice(3, 6);
  if (!listener.forwardX) return listener.setOrientation(x, y, z, upX, upY, upZ); // Firefox
  const axes = [listener.forwardX, listener.forwardY, listener.forwardZ, listener.upX, listener.upY, listener.upZ];
  axes.forEach((axis, i) => (axis.value = [x, y, z, upX, upY, upZ][i]));
}

/** In which order this browser's decoder hands out the channels: the file has each one half as loud
 * as the one before. @param {BaseAudioContext} context @param {string} src */
export async function channelOrder(context, src) {
  const sound = await context.decodeAudioData(await (await fetch(src)).arrayBuffer());
  if (sound.numberOfChannels < 4) return PLAIN;
  const loudness = PLAIN.map((n) => sound.getChannelData(n).reduce((sum, each) => sum + each * each, 0));
  return [...PLAIN].sort((a, b) => loudness[b] - loudness[a]);
}

/** The sound of one film. */
export class Field {
  /** @param {HTMLVideoElement} video @param {string} probe see `channelOrder` */
  constructor(video, probe) {
    this.video = video;
    this.probe = probe;
    /** @type {AudioContext | null} from the first gesture on */
    this.context = null;
    this.turn = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  }

  /** In a gesture. */
  begin() {
    if (this.context) return void this.context.resume();
    this.context = new AudioContext();
    turnHead(this.context, this.turn);
    void this.connect(this.context);
  }

  /** @param {AudioContext} context */
  async connect(context) {
    const source = context.createMediaElementSource(this.video);
    this.order = await channelOrder(context, this.probe).catch(() => PLAIN);
    this.parts = playField(context, source, this.order);
  }

  /** @param {number[]} turn see `turnHead` */
  face(turn) {
    this.turn = turn;
    if (this.context) turnHead(this.context, turn);
  }
}
