/* Simple questions before or after the writing: choice, scale, short text. Answers are kept in this
   browser until they are handed in with the text. */

import { find, label as name } from "./view.js";
import { say } from "./words.js";

const MOST = 1000;
const nameOf = (sid) => `wellhead:questions:${sid}`;
const make = (tag, fields = {}, ...inside) => {
	const one = Object.assign(document.createElement(tag), fields);
	one.append(...inside);
	return one;
};

/** What was answered so far in session `sid`, by question. */
export class Responses {
	#sid;
	#all = {};

	constructor(sid) {
		this.#sid = sid;
		try {
			this.#all = JSON.parse(localStorage.getItem(nameOf(sid)) ?? "{}");
		} catch {
			// No storage: this page remembers.
		}
	}

	get all() {
		return Object.fromEntries(Object.entries(this.#all).filter(([, value]) => value.trim()));
	}

	get(id) {
		return this.#all[id] ?? "";
	}

	set(id, value) {
		this.#all[id] = value;
		this.#save((place, name) => place.setItem(name, JSON.stringify(this.#all)));
	}

	forget() {
		this.#save((place, name) => place.removeItem(name));
	}

	#save(how) {
		try {
			how(localStorage, nameOf(this.#sid));
		} catch {
			// As above.
		}
	}
}

function options({ id, kind, options, points }, responses) {
	const scale = kind === "scale";
	const values = scale ? Array.from({ length: points }, (_, at) => `${at + 1}`) : options;
	const labels = values.map((value) => {
		const radio = make("input", { type: "radio", name: `q-${id}`, value, checked: responses.get(id) === value });
		radio.onchange = () => responses.set(id, value);
		return make("label", {}, radio, ` ${value}`);
	});
	if (!scale) return [make("div", { className: "options" }, ...labels)];
	const ends = options.map((text) => make("span", { textContent: text }));
	return [make("div", { className: "scale" }, ends[0], ...labels, ends[1])];
}

function draw(question, responses, language) {
	const { id, ask, kind, required } = question;
	const called = make(kind === "short" ? "label" : "legend");
	name(called, ask, !required);
	if (kind !== "short")
		return make("fieldset", { id: `question-${id}`, lang: language, dir: "auto" }, called, ...options(question, responses));
	const field = make("input", { id: `q-${id}`, value: responses.get(id), maxLength: MOST, autocomplete: "off", dir: "auto" });
	field.oninput = () => responses.set(id, field.value);
	called.htmlFor = field.id;
	return make("div", { id: `question-${id}`, className: "short", lang: language, dir: "auto" }, called, field);
}

/** Show the questions; `go` runs when those that must be answered are. */
export function ask(questions, responses, language, go) {
	find("question-list").replaceChildren(...questions.map((one) => draw(one, responses, language)));
	find("question-notice").hidden = true;
	find("questions-go").onclick = () => {
		const open = questions.find(({ id, required }) => required && !responses.get(id).trim());
		if (!open) return go();
		find("question-notice").textContent = say("answer_all");
		find("question-notice").hidden = false;
		find(`question-${open.id}`).querySelector("input").focus();
	};
}
