// A short tone. Browsers allow sound only after a click: openSound() belongs into its handler.
/** @type {AudioContext | null} */
let sound = null;

export function openSound() {
  sound ??= new AudioContext();
  sound.resume();
}

/** @param {number} hertz */
export function beep(hertz) {
  if (sound?.state !== "running") return;
  const [tone, volume] = [sound.createOscillator(), sound.createGain()];
  tone.frequency.value = hertz;
  volume.gain.setValueAtTime(0.25, sound.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + 0.25);
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.26);
}
