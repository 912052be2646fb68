"use strict";
// One prompt goes to every model side by side; pieces come as server-sent events over fetch.
// Everything that a model says is shown as text. The state lives in this tab and outlives a reload.
const by = (id) => document.getElementById(id);
const SAMPLING = ["seed", "temperature", "top_p", "top_k", "max_tokens"];
const KEPT = "wellhead-chat";
const given = new URLSearchParams(location.hash.slice(1)).get("token");
let cards = [], chosen = [], turns = [], running = null, leaving = false;

if (given) {
  sessionStorage.setItem("wellhead-token", given);
  history.replaceState(null, "", location.pathname);
}

function made(tag, text, name) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (name) node.className = name;
  return node;
}

const card = (name) => cards.find((each) => each.name === name);
const say = (words) => { by("status").textContent = words; };

async function ask(path, body, signal) {
  const headers = { "content-type": "application/json" };
  const token = sessionStorage.getItem("wellhead-token");
  if (token) headers.authorization = `Bearer ${token}`;
  const options = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await fetch(path, { ...options, headers, signal });
  if (response.ok) return response;
  if (response.status === 401) throw new Error("This server asks for its token: open the address that it printed, with #token= at its end.");
  const told = await response.json().catch(() => null);
  throw new Error(told?.error?.message ?? `The server answered ${response.status}.`);
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    const parts = held.split("\n\n");
    held = parts.pop();
    for (const part of parts) yield part.replace(/^data: /, "");
  }
}

// What a model is sent: its own earlier turns where it chats, the prompt alone where not.
function messages(side, turn) {
  const asked = [];
  if (card(side.model).chats) {
    for (const before of turns.slice(0, turns.indexOf(turn))) {
      const own = before.sides.find((each) => each.model === side.model && each.text && each.end !== "failed");
      if (own) asked.push({ role: "user", content: before.prompt }, { role: "assistant", content: own.text });
    }
  }
  return [...asked, { role: "user", content: turn.prompt }];
}

async function answer(side, turn, signal) {
  const chats = card(side.model).chats;
  const what = chats ? { messages: messages(side, turn) } : { prompt: turn.prompt };
  try {
    const path = chats ? "/v1/chat/completions" : "/v1/completions";
    const response = await ask(path, { model: side.model, stream: true, ...turn.sampling, ...what }, signal);
    for await (const event of events(response)) {
      if (event === "[DONE]") break;
      const told = JSON.parse(event);
      if (told.error) throw new Error(told.error.message);
      for (const choice of told.choices) {
        side.text += choice.text ?? choice.delta?.content ?? "";
        side.end = choice.finish_reason ?? side.end;
      }
      drawn(side);
    }
    if (!side.end) throw new Error("The connection broke.");
  } catch (error) {
    side.end = signal.aborted ? "stopped" : "failed";
    if (!signal.aborted) side.error = reason(error);
  }
  drawn(side);
}

// Browsers word a broken connection each in its own way, and as a TypeError.
const reason = (error) => error instanceof TypeError ? "The connection to the server broke." : error.message;

async function facts(side, turn, signal) {
  if (side.end === "failed") return;
  const other = turn.sides.find((each) => each !== side)?.text ?? "";
  try {
    const body = { model: side.model, messages: messages(side, turn), text: side.text, other };
    side.facts = await (await ask("/api/facts", body, signal)).json();
  } catch (error) {
    // A page that is left asks once more when it is back.
    if (leaving) return;
    side.facts = [{ name: "Facts", value: "not known", note: signal.aborted ? "Stopped." : reason(error) }];
  }
  drawn(side);
}

const views = new WeakMap();

function ending(side) {
  if (side.end === "failed") return `Broke off: ${side.error}`;
  if (side.end === "stopped") return "Stopped.";
  return side.end === "length" ? "Cut at the length asked for." : "";
}

function drawn(side) {
  const view = views.get(side);
  if (!view) return;
  view.section.setAttribute("aria-busy", String(!side.end));
  view.answer.textContent = side.text.trimStart();
  view.note.textContent = ending(side);
  view.note.hidden = !view.note.textContent;
  view.facts.replaceChildren(...(side.facts ?? []).map((fact) => {
    const row = made("div");
    row.append(made("dt", fact.name), made("dd", fact.value));
    if (fact.note) row.append(made("dd", fact.note));
    return row;
  }));
  view.facts.hidden = !side.facts?.length;
}

function viewed(turn) {
  const article = made("article"), sides = made("div", "", "sides");
  const heading = made("h2", turn.prompt);
  heading.dir = "auto";
  for (const side of turn.sides) {
    const section = made("section", "", "side"), name = card(side.model)?.label ?? side.model;
    const view = { section, answer: made("p", "", "answer"), note: made("p", "", "note"), facts: made("dl") };
    view.answer.dir = "auto";
    section.setAttribute("aria-label", `Answer of ${name}`);
    section.append(made("h3", `${name}, seed ${turn.sampling.seed}`), view.answer, view.note, view.facts);
    sides.append(section);
    views.set(side, view);
    drawn(side);
  }
  article.append(heading, sides);
  return article;
}

async function run(prompt) {
  const sampling = Object.fromEntries(SAMPLING.map((name) => [name, Number(by(name).value)]));
  const turn = { prompt, sampling, sides: chosen.map((model) => ({ model, text: "", end: "" })) };
  turns.push(turn);
  by("turns").append(viewed(turn));
  running = new AbortController();
  const signal = running.signal;
  able();
  say("Writing …");
  by("turns").lastChild.scrollIntoView({ block: "start" });
  await Promise.all(turn.sides.map((side) => answer(side, turn, signal)));
  const ends = turn.sides.map((side) => side.end);
  const told = signal.aborted ? "Stopped." : ends.includes("failed") ? "One of the answers broke off." : "The answers are complete.";
  keep();
  await look(turn, told);
}

// Whoever stops the answers still wants to know about what was said.
async function look(turn, told) {
  say(`${told} Looking up what there is to say of them …`);
  running = new AbortController();
  able();
  await Promise.all(turn.sides.map((side) => facts(side, turn, running.signal)));
  running = null;
  say(told);
  keep();
  able();
  by("prompt").focus();
}

function able() {
  by("send").disabled = by("fresh").disabled = Boolean(running) || !cards.length;
  by("stop").disabled = !running;
  by("again").disabled = Boolean(running) || !turns.length;
}

function shown() {
  const value = (id) => by(id).value;
  by("shown").textContent = `seed ${value("seed")}, temperature ${value("temperature")}, top p ${value("top_p")}, top k ${value("top_k")}, ${value("max_tokens")} tokens`;
}

function keep() {
  const fields = Object.fromEntries([...SAMPLING, "prompt"].map((name) => [name, by(name).value]));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ fields, chosen, turns }));
  } catch {
    // The tab's store is full: the conversation goes on, and a reload begins anew.
    sessionStorage.removeItem(KEPT);
  }
}

function restored() {
  let kept = null;
  try { kept = JSON.parse(sessionStorage.getItem(KEPT)); } catch { return; }
  if (!kept) return;
  for (const [name, value] of Object.entries(kept.fields)) by(name).value = value;
  if (!kept.turns.every((turn) => turn.sides.every((side) => card(side.model)))) return;
  turns = kept.turns;
  if (kept.chosen.length === chosen.length && kept.chosen.every(card)) chosen = kept.chosen;
  for (const turn of turns) for (const side of turn.sides) side.end ||= "stopped";
}

function selects() {
  by("models").replaceChildren(...chosen.map((name, place) => {
    const box = made("div"), select = made("select"), about = made("p", card(name).about, "about");
    select.setAttribute("aria-label", chosen.length > 1 ? `Model ${place + 1}` : "Model");
    for (const each of cards) select.append(new Option(each.label === each.name ? each.name : `${each.label} (${each.name})`, each.name, false, each.name === name));
    select.addEventListener("change", () => { chosen[place] = select.value; about.textContent = card(select.value).about; keep(); });
    box.append(select, about);
    return box;
  }));
}

by("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const prompt = by("prompt").value;
  if (running || !cards.length || !prompt.trim()) return;
  by("prompt").value = "";
  run(prompt);
});
by("prompt").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  by("ask").requestSubmit();
});
addEventListener("keydown", (event) => { if (event.key === "Escape") running?.abort(); });
by("stop").addEventListener("click", () => running?.abort());
by("again").addEventListener("click", () => {
  if (running || !turns.length || !SAMPLING.every((name) => by(name).reportValidity())) return;
  const turn = turns.pop();
  by("turns").lastChild.remove();
  by("seed").value = turn.sampling.seed + 1;
  shown();
  run(turn.prompt);
});
by("fresh").addEventListener("click", () => {
  turns = [];
  by("turns").replaceChildren();
  keep();
  able();
  say("");
  by("prompt").focus();
});
for (const name of SAMPLING) by(name).addEventListener("input", shown);
// Before the browser breaks the connections, which would look like a failure of the models.
addEventListener("beforeunload", () => { leaving = true; running?.abort(); keep(); });
addEventListener("pageshow", () => { leaving = false; });
// A field that is wrong is shown, so that the browser can say what is wrong with it.
by("ask").addEventListener("invalid", () => { document.querySelector("details").open = true; }, true);
addEventListener("pagehide", keep);

(async () => {
  shown();
  try {
    const told = await (await ask("/api/models")).json();
    cards = told.models;
    chosen = [...told.shown];
  } catch (error) {
    say(reason(error));
    return;
  }
  restored();
  selects();
  shown();
  by("turns").replaceChildren(...turns.map(viewed));
  say("");
  able();
  by("prompt").focus();
  const last = turns.at(-1);
  const cut = last?.sides.some((side) => side.end === "stopped");
  if (last?.sides.some((side) => side.end !== "failed" && !side.facts)) await look(last, cut ? "Stopped." : "The answers are complete.");
})();
