/* What the writer copied or cut on this page, so that it is known again when it comes back: after
   a reload, in a second tab, in a later visit. Kept are keyed hashes, never a text, for a
   person in a study, in localStorage where there is one, else for as long as the page is open. */

import { keyedHash } from "./recorder.js";

const MOST = 200;
const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const squash = (text) => text.replace(/\s+/g, " ").trim();

/** A map from the hash of what was copied to {from, instr, ref}: `ref` is the event of this
    session that copied it; without one, own words are from "earlier". */
export class Shelf {
	#copies = new Map();
	#foreign = [];
	#name;
	#sid;

	/** `name` stands for the person, `sid` for the session of this page. */
	constructor(name, sid) {
		this.#name = `wellhead:copied:${name}`;
		this.#sid = sid;
	}

	get(hash) {
		this.#load();
		const { sid, alien, from, instr, ref } = this.#copies.get(hash) ?? {};
		if (sid === this.#sid && ref >= 0) return { from, instr, ref };
		// Foreign words that were copied again are no less foreign in another visit.
		return from && !alien ? { from: from === "answer" ? "earlier" : from } : undefined;
	}

	set(hash, copy, text) {
		this.#load();
		const alien = this.#foreign.some((one) => text.includes(one) || one.includes(text));
		this.#copies.delete(hash);
		this.#copies.set(hash, { ...copy, sid: this.#sid, ...(alien && { alien: 1 }) });
		this.#copies = new Map([...this.#copies].slice(-MOST));
		try {
			localStorage.setItem(this.#name, JSON.stringify([...this.#copies]));
		} catch {
			// No storage, or no room: this page remembers.
		}
	}

	/** Text that came from outside, to know it again inside a copy. */
	foreign(text) {
		if (text) this.#foreign.push(text);
	}

	/** Another tab may have copied something since. */
	#load() {
		try {
			const kept = JSON.parse(localStorage.getItem(this.#name) ?? "[]");
			for (const [hash, copy] of kept) this.#copies.set(hash, copy);
		} catch {
			// As above.
		}
	}
}

/** Note what is copied out of the field while no recorder does: in a tab that only reads, after
    a session has ended. */
export function watchCopies(area, shelf, key, recording) {
	const note = ({ target }) => {
		if (target !== area || recording()) return;
		const text = area.value.slice(area.selectionStart, area.selectionEnd);
		if (text) shelf().set(keyedHash(unhex(key), squash(text)), { from: "answer" }, text);
	};
	for (const name of ["copy", "cut"]) addEventListener(name, note);
}
