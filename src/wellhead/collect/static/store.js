/* What this browser keeps until the server has it: unacknowledged batches and the open tail.
   In localStorage where there is one, else in memory only; bounded in both. */

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

	/** Whether a closed tab loses nothing. */
	get durable() {
		return this.#place !== null;
	}

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
		} catch {
			// Full: what is in memory goes on; the oldest stored copy stays.
		}
	}

	#spelled() {
		const all = JSON.stringify({ batches: this.batches, tail: this.tail });
		if (all.length <= STORED_CHARACTERS) return all;
		// The text matters most: without room for its history it is kept alone.
		return JSON.stringify({ batches: [], tail: { body: "", draft: this.text } });
	}
}
