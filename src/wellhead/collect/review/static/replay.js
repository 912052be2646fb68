// Plays the writing of an answer: steps [t, p, d, s, origin] from an inert JSON block, by slider, by
// button, or from an event that a flag names.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const find = (id) => document.getElementById(`playback${id}`);
const steps = read("playback-data"), signs = read("playback-signs"), origins = Object.keys(signs);
const screen = find(""), slider = find("-at"), clock = find("-clock"), button = find("-play");
const line = find("-line"), speed = find("-speed"), skip = find("-skip");
const LONG_MS = 2000, SHORT_MS = 300;

// Beside the text runs a string as long, in which each unit names its origin.
const change = (text, p, d, s) => text.slice(0, p) + s + text.slice(p + d);
const letter = (origin) => String.fromCharCode(0x100 + origins.indexOf(origin));
const step = ([text, from], [, p, d, s, origin]) =>
  [change(text, p, d, s), change(from, p, d, letter(origin).repeat(s.length))];
// Every state of a long answer would fill the memory; these are where the others begin.
const EVERY = 50;
const frames = [];
steps.reduce((state, one, at) => {
  if (at % EVERY === 0) frames.push(state);
  return step(state, one);
}, ["", ""]);

function stateAt(at) {
  const frame = Math.min(Math.floor(at / EVERY), frames.length - 1);
  return steps.slice(Math.max(0, frame) * EVERY, at).reduce(step, frames[frame] ?? ["", ""]);
}
slider.max = steps.length;

// textContent, never markup: the answer is a stranger's text.
function run(text, origin) {
  const part = document.createElement("span");
  part.className = `o-${origin}`;
  if (signs[origin]) {
    const sign = document.createElement("span");
    Object.assign(sign, { className: "sign", title: origin.replaceAll("_", " ") });
    sign.dataset.sign = signs[origin];
    part.append(sign);
  }
  part.append(text);
  return part;
}

function draw([text, from]) {
  const parts = [];
  for (let at = 0, end; at < text.length; at = end) {
    for (end = at + 1; from[end] === from[at]; ) end++;
    parts.push(run(text.slice(at, end), origins[from.charCodeAt(at) - 0x100] ?? "unobserved"));
  }
  screen.replaceChildren(...parts);
}

function show(at) {
  draw(stateAt(at));
  slider.value = at;
  const time = at ? steps[at - 1][0] : 0, seconds = Math.round(time / 1000);
  clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  slider.setAttribute("aria-valuetext", clock.textContent);
  const x = (720 * time) / line.dataset.end;
  line.setAttribute("x1", x);
  line.setAttribute("x2", x);
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
  const waited = skip.checked && pause > LONG_MS ? SHORT_MS : pause;
  timer = setTimeout(next, waited / Number(speed.value), at + 1);
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
// The link itself leads to the mark in the timeline.
for (const link of document.querySelectorAll("[data-time]"))
  link.addEventListener("click", () => {
    stop();
    const time = Number(link.dataset.time);
    show(steps.filter(([t]) => t <= time).length);
  });
show(steps.length);
