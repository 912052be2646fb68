// Plays the writing of an answer: steps [t, p, d, s] from an inert JSON block, by slider or by button.
const steps = JSON.parse(document.getElementById("playback-data").textContent);
const screen = document.getElementById("playback");
const slider = document.getElementById("playback-at");
const clock = document.getElementById("playback-clock");
const button = document.getElementById("playback-play");
const step = (text, [, p, d, s]) => text.slice(0, p) + s + text.slice(p + d);
// Every state of a long answer would fill the memory; these are where the others begin.
const EVERY = 50;
const frames = [];
steps.reduce((text, one, at) => {
  if (at % EVERY === 0) frames.push(text);
  return step(text, one);
}, "");

function textAt(at) {
  const frame = Math.min(Math.floor(at / EVERY), frames.length - 1);
  return steps.slice(Math.max(0, frame) * EVERY, at).reduce(step, frames[frame] ?? "");
}
slider.max = steps.length;

function show(at) {
  // textContent, never markup: the answer is a stranger's text.
  screen.textContent = textAt(at);
  slider.value = at;
  const seconds = at ? Math.round(steps[at - 1][0] / 1000) : 0;
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

let timer = 0;
function stop() {
  clearTimeout(timer);
  timer = 0;
  button.textContent = "Play";
}
function next(at) {
  show(at);
  if (at >= steps.length) return stop();
  const pause = at ? steps[at][0] - steps[at - 1][0] : 0;
  timer = setTimeout(next, Math.min(pause / 4, 800), at + 1);
}
button.addEventListener("click", () => {
  if (timer) return stop();
  button.textContent = "Stop";
  next(Number(slider.value) >= steps.length ? 0 : Number(slider.value));
});
slider.addEventListener("input", () => {
  stop();
  show(Number(slider.value));
});
show(steps.length);
