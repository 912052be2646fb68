/* What this browser keeps until the server has it: unacknowledged batches and the open tail.
   In localStorage where there is one, else in memory only; bounded in both. */

import { textHash } from "./recorder.js";

const STORED_CHARACTERS = 2_000_000; // browsers allow about five million
const HELD_CHARACTERS = 16_000_000;

function storage() {
	try {
		localStorage.setItem("wellhead:test", "1");
		localStorage.removeItem("wellhead:test");
		return localStorage;
	} catch {
		return null; // a frame without storage, or a browser that forbids it
	}
}

const sizeOf = (batch) => batch.body.length + (batch.draft?.length ?? 0);

/** The batches of one session that wait for the server, oldest first. */
export class Store {
	#place = storage();
	#name;
	batches = [];
	tail = null;

	constructor(sid) {
		this.#name = `wellhead:${sid}`;
		try {
			const kept = JSON.parse(this.#place?.getItem(this.#name) ?? "{}");
			this.batches = kept.batches ?? [];
			this.tail = kept.tail ?? null;
		} catch {
			this.clear();
		}
	}

	/** Whether what was last kept is in the browser's storage, so that a closed tab loses no text. */
	kept = false;

	get size() {
		return this.batches.reduce((sum, batch) => sum + sizeOf(batch), 0);
	}

	/** Too much waits to keep more of the history; the text itself is always kept. */
	get full() {
		return this.size > HELD_CHARACTERS;
	}

	/** The text that belongs to what is kept, or null when nothing is. */
	get text() {
		const drafts = [...this.batches, this.tail].map((batch) => batch?.draft ?? null);
		return drafts.findLast((draft) => draft !== null) ?? null;
	}

	/** Where to go on, given where the server stands (`State`): at what this browser still holds,
	    if that continues what the server has; else at the server's, with the newest text. */
	resumption(at) {
		const { text, tail } = this;
		const held = tail?.body ? [...this.batches, tail] : this.batches;
		const newer = held.filter((batch) => JSON.parse(batch.body).seq > at.seq);
		const onlyText = held.length === 0 && text !== null;
		this.clear();
		if (!newer.length && !onlyText) return { ...at, by: "server" };
		const resume = { ...at, text: tail?.texts?.[at.phase] ?? text ?? at.text, by: "local" };
		resume.texts = { ...at.texts, ...tail?.texts };
		const bodies = newer.map((batch) => JSON.parse(batch.body));
		if (bodies[0]?.seq !== at.seq + 1 || bodies[0].prev !== at.prev) return resume;
		newer.forEach((batch) => this.push(batch));
		const events = bodies.flatMap((body) => body.events);
		resume.seq = bodies.at(-1).seq;
		resume.prev = textHash(newer.at(-1).body);
		if (events.length) resume.events = events.at(-1)[0] + 1;
		bodies.forEach(({ events }, n) => {
			resume.phase = events.findLast((event) => event[2] === "phase")?.[3].name ?? resume.phase;
			if (newer[n].draft !== null) resume.texts[resume.phase] = newer[n].draft;
		});
		return resume;
	}

	push(batch) {
		this.batches.push(batch);
		this.tail = null;
		this.#save();
	}

	shift() {
		this.batches.shift();
		this.#save();
	}

	/** What a flush would send now: a tab that is killed loses no more than this misses. */
	keepTail(batch) {
		this.tail = batch;
		this.#save();
	}

	clear() {
		this.batches = [];
		this.tail = null;
		this.#save();
	}

	#save() {
		if (!this.#place) return;
		try {
			const nothing = !this.batches.length && !this.tail;
			if (nothing) this.#place.removeItem(this.#name);
			else this.#place.setItem(this.#name, this.#spelled());
			this.kept = true;
		} catch {
			this.kept = false;
			// Full: what is in memory goes on; the oldest stored copy stays.
		}
	}

	#spelled() {
		const all = JSON.stringify({ batches: this.batches, tail: this.tail });
		if (all.length <= STORED_CHARACTERS) return all;
		// The text matters most: without room for its history it is kept alone.
		return JSON.stringify({ batches: [], tail: { ...this.tail, body: "", draft: this.text } });
	}
}
