/* The task page's face: which part is shown, what it says. Knows nothing of the server. */

const SECTIONS = ["consent", "declined", "task", "done", "problem"];
const STATES = {
	saved: "Saved.",
	saving: "Saving…",
	offline: "Not connected. Your text is kept on this device and will be sent later.",
	memory: "Not connected. Please keep this page open; your text will be sent later.",
	paused: "Your text is kept on this device until you submit it.",
};
const WARM_UP =
	"Please type this text into the field below, as you usually type. It shows how you write on " +
	"this device. Then go on to the task.";
const KINDS = {
	edit: "changes of the text: where, how much, by which means",
	desync: "changes of the text that the browser did not announce",
	key: "key presses and releases, by kind of key, never which letter",
	clip: "copies, cuts, pastes and drops: length, fingerprint, where from",
	comp: "beginnings and ends of composed characters",
	car: "movements of the text cursor",
	foc: "changes of focus of the text field",
	win: "changes of focus of the window",
	vis: "times the page was shown or hidden",
	net: "times the network went or came back",
	restore: "times an earlier draft was put back",
	lease: "changes of the tab that writes",
	gap: "places where events were lost",
	phase: "beginnings of the warm-up or the answer",
	submit: "submissions",
};
const ORIGINS = {
	typed: "typed",
	autocorrect: "corrected or completed by the keyboard",
	ime: "composed with an input method",
	dictation_or_assistive: "dictated or entered with assistive technology",
	paste_task: "pasted from the task",
	paste_self: "moved within the answer",
	paste_outside: "pasted from elsewhere",
	drop: "dropped from elsewhere",
	autofill: "filled in by the browser",
	scripted: "entered by a program",
	undo_restored: "brought back by undo",
	restored_draft: "from an earlier draft",
	unobserved: "entered without being noticed",
};

export const find = (id) => document.getElementById(id);

/** Show one section of the page and move the reading position there. */
export function show(name) {
	for (const section of SECTIONS) find(section).hidden = section !== name;
	find(name).querySelector("h1, h2").focus();
}

/** Fill in the task; every word of it is text, never markup. */
export function showTask(task, phase) {
	const warming = phase === "warmup";
	find("task-title").textContent = warming ? "A short warm-up" : task.title;
	find("instructions").textContent = warming ? WARM_UP : task.instructions;
	find("source").textContent = warming ? task.warmup : task.source;
	find("reading").hidden = !find("source").textContent;
	find("answer-label").textContent = warming ? "Type here" : "Your answer";
	find("submit").textContent = warming ? "Go on to the task" : "Submit";
	find("answer").maxLength = task.max_characters;
	find("answer").lang = task.language;
	find("task").dataset.wide = String(find("source").textContent.length > 0);
}

let announced = "saved";

/** The save state, for eyes at once; for screen readers only when it matters. */
export function showState(name) {
	find("state").textContent = STATES[name];
	find("state").dataset.state = name;
	const heard = name === "saving" ? announced : name;
	if (heard !== announced) find("announce").textContent = STATES[heard];
	announced = heard;
}

export const countWords = (text) => text.match(/\S+/g)?.length ?? 0;

export function showCount(text, least) {
	const words = countWords(text);
	const unit = words === 1 ? "word" : "words";
	find("count").textContent = least ? `${words} ${unit} of at least ${least}` : `${words} ${unit}`;
}

export function notice(text) {
	find("notice").textContent = text;
	find("notice").hidden = !text;
}

export function problem(text, retry) {
	find("problem-text").textContent = text;
	find("retry").hidden = !retry;
	find("retry").onclick = retry;
	show("problem");
}

/** The second tab: read-only, with a way to write here after all. */
export function readOnly(text, words, takeOver) {
	find("answer").readOnly = true;
	if (text !== null) find("answer").value = text;
	find("submit").disabled = true;
	find("elsewhere").hidden = false;
	find("elsewhere-text").textContent = words;
	find("take-over").hidden = !takeOver;
	find("take-over").onclick = takeOver;
}

export function writable() {
	find("answer").readOnly = false;
	find("submit").disabled = false;
	find("elsewhere").hidden = true;
}

/** The way back to where the writer came from. */
export function showCompletion({ kind, code, url, fields }) {
	find("code-part").hidden = !code || kind === "post";
	find("code").textContent = code;
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

/** What was recorded, in words. */
export function showRecorded(recorded) {
	const counts = Object.entries(recorded.counts).map(([kind, n]) => [KINDS[kind] ?? kind, n]);
	const all = [["characters in your answer", recorded.characters], ...counts];
	find("recorded-counts").replaceChildren(...rows(all));
	const origins = Object.entries(recorded.origins ?? {});
	find("origins-part").hidden = !origins.length;
	const named = origins.map(([origin, n]) => [ORIGINS[origin] ?? origin, n]);
	find("recorded-origins").replaceChildren(...rows(named));
	find("recorded").hidden = false;
}
