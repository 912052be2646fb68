/* The task page's face: which part is shown, what it says. Knows nothing of the server. */

import { countWords, say, setup } from "./words.js";

const SECTIONS = ["consent", "declined", "questions", "task", "done", "problem"];
export const find = (id) => document.getElementById(id);

/** Show one section of the page and move the reading position there. */
export function show(name) {
	for (const section of SECTIONS) find(section).hidden = section !== name;
	find(name).querySelector("h1, h2").focus();
}

/** The texts to write, in order: the last is the answer. */
export function stages(task) {
	const answer = { id: "answer", page: "answer", title: task.title, instructions: task.instructions, min_words: task.min_words };
	const warming = { id: "warmup", title: say("warm_up_title"), instructions: say("warm_up"), min_words: 0 };
	return [...(task.warmup ? [warming] : []), ...task.fields, answer];
}

/** The texts on the page of the one that is being written, and what comes after them. */
export function page(task, phase) {
	const all = stages(task), now = all.find(({ id }) => id === phase) ?? all[0];
	const texts = all.filter((one) => one === now || (now.page && one.page === now.page));
	return { texts, next: all[all.indexOf(texts.at(-1)) + 1]?.id };
}

/** The fields of the page: [name of the text, text area]. */
export const areas = () => [...document.querySelectorAll("#task textarea")].map((area) => [area.dataset.text, area]);

/** Fill in the task; every word of it is text, never markup. The last text of a page is written
    in the field that is always there, those before it in fields of their own. */
export function showTask(task, phase) {
	const { texts, next } = page(task, phase), now = texts.at(-1), alone = texts.length === 1;
	const warming = phase === "warmup", head = alone || now.id === "answer";
	const more = next || task.questions.some(({ at }) => at === "after");
	find("task-title").textContent = (alone && now.title) || task.title;
	find("instructions").textContent = head ? now.instructions : "";
	find("more-texts").replaceChildren(...texts.slice(0, -1).flatMap((text) => field(text, task)));
	find("answer-words").textContent = head ? "" : now.instructions;
	find("answer").dataset.text = now.id;
	find("answer").rows = head ? 14 : 6;
	find("source").textContent = warming ? task.warmup : task.source;
	find("reading").hidden = !find("source").textContent;
	label(find("answer-label"), (!head && now.title) || say(warming ? "type_here" : "your_answer"), now.optional);
	find("answer").setAttribute("aria-required", String(!now.optional));
	find("submit").textContent = say(warming ? "go_on_to_task" : more ? "go_on" : "submit");
	// The study's words are in its language, the page's own in the page's.
	for (const name of ["task-title", "instructions", "answer-words"]) find(name).lang = warming ? "" : task.language;
	find("source").lang = task.language;
	find("answer").maxLength = task.max_characters;
	find("answer").lang = task.language;
	find("task").dataset.wide = String(find("source").textContent.length > 0);
}

/* A further text on the page: its name, what is asked, the field, the count. */
function field({ id, title, instructions, optional }, task) {
	const name = `text-${id}`, words = { lang: task.language, dir: "auto" };
	const make = (tag, fields) => Object.assign(document.createElement(tag), fields);
	const called = make("label", { htmlFor: name, ...words });
	label(called, title || say("your_answer"), optional);
	const said = make("p", { id: `${name}-words`, className: "lines", textContent: instructions, ...words });
	const area = make("textarea", { id: name, rows: 3, maxLength: task.max_characters, autocomplete: "off", spellcheck: true, readOnly: true, ...words });
	area.dataset.text = id;
	area.setAttribute("aria-describedby", `${said.id} ${name}-count`);
	area.setAttribute("aria-required", String(!optional));
	const below = make("p", { className: "below" });
	below.append(make("span", { id: `${name}-count` }));
	return [called, said, area, below];
}

/** Name an element, and say in the page's own language if what it names may be left empty. */
export function label(element, text, optional) {
	element.textContent = text;
	const aside = { textContent: say("optional"), lang: document.documentElement.lang };
	if (optional) element.append(" ", Object.assign(document.createElement("span"), aside));
}

let announced = "saved";

/** The save state, for eyes at once; for screen readers only when it matters. */
export function showState(name) {
	find("state").textContent = say(name);
	find("state").dataset.state = name;
	const heard = name === "saving" ? announced : name;
	if (heard !== announced) find("announce").textContent = say(heard);
	announced = heard;
}

export function showCount(area, text, least) {
	const words = countWords(text);
	find(area.id === "answer" ? "count" : `${area.id}-count`).textContent = say(least ? "count_of" : "count", { words, least });
}

/** How much time is left, where that is worth saying; "" hides it. */
export function time(text) {
	if (find("time").textContent !== text) find("time").textContent = text;
	find("time").hidden = !text;
}

/** A word to the writer above the field, brought into view. */
export function notice(text) {
	find("notice").textContent = text;
	find("notice").hidden = !text;
	if (text) find("notice").scrollIntoView({ block: "nearest" });
}

export function problem(text, retry) {
	find("problem-text").textContent = text;
	find("retry").hidden = !retry;
	find("retry").onclick = retry;
	show("problem");
}

/** Read-only, with a way to write here after all. */
export function readOnly(texts, words, takeOver, label = "write_here") {
	for (const [name, area] of areas()) {
		area.readOnly = true;
		if (texts) area.value = texts[name] ?? "";
	}
	find("submit").disabled = true;
	find("elsewhere").hidden = false;
	find("elsewhere-text").textContent = words;
	find("take-over").hidden = !takeOver;
	find("take-over").textContent = say(label);
	find("take-over").onclick = takeOver;
}

export function writable() {
	for (const [, area] of areas()) area.readOnly = false;
	find("submit").disabled = false;
	find("elsewhere").hidden = true;
}

/** The way back to where the writer came from; `words` stand above it where nothing was saved. */
export function showCompletion({ kind, code, url, fields }, words) {
	if (words) find("done").querySelector("h1").textContent = words;
	find("code-part").hidden = !code || kind === "post";
	find("code").textContent = code;
	find("close-page").hidden = kind === "redirect" || kind === "post";
	const safe = /^https?:\/\//.test(url ?? "");
	find("go-on").hidden = !(kind === "redirect" && safe);
	if (kind === "redirect" && safe) find("go-on").href = url;
	find("hand-over").hidden = !(kind === "post" && safe);
	if (kind !== "post" || !safe) return;
	find("hand-over").action = url;
	const inputs = Object.entries(fields).map(([name, value]) => {
		const input = document.createElement("input");
		return Object.assign(input, { type: "hidden", name, value });
	});
	find("hand-over").prepend(...inputs);
}

function rows(pairs) {
	return pairs.map(([name, value]) => {
		const row = document.createElement("tr");
		const head = Object.assign(document.createElement("th"), { textContent: name, scope: "row" });
		row.append(head, Object.assign(document.createElement("td"), { textContent: value }));
		return row;
	});
}

/** Copy the completion code and say so; where a page may not, select it for the writer's hand. */
export async function copyCode() {
	const code = find("code");
	try {
		await navigator.clipboard.writeText(code.textContent);
		find("copied").textContent = say("copied");
	} catch {
		getSelection().selectAllChildren(code);
		const done = document.execCommand("copy");
		find("copied").textContent = say(done ? "copied" : "copy_by_hand");
	}
}

/** What was recorded, in words. */
export function showRecorded(recorded) {
	const counts = Object.entries(recorded.counts).map(([kind, n]) => [setup.kinds[kind] ?? kind, n]);
	const all = [[say("characters"), recorded.characters], ...counts, [say("receipt"), recorded.receipt]];
	find("recorded-counts").replaceChildren(...rows(all));
	const origins = Object.entries(recorded.origins ?? {});
	find("origins-part").hidden = !origins.length;
	const named = origins.map(([origin, n]) => [setup.origins[origin] ?? origin, n]);
	find("recorded-origins").replaceChildren(...rows(named));
	find("recorded").hidden = false;
}
