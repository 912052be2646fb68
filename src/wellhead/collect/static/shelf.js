/* What the writer copied or cut on this page, so that it is known again when it comes back: after
   a reload, in a second tab, in a later visit. Kept are keyed hashes, never a text, for a
   person in a study, in localStorage where there is one, else for as long as the page is open. */

import { keyedHash } from "./recorder.js";
import { WORD } from "./words.js";

const MOST = 200;
const MOST_RUNS = 5000;
const RUN = 4; // words
const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const squash = (text) => text.replace(/\s+/g, " ").trim();

/** A map from the hash of what was copied to {from, instr, ref}: `ref` is the event of this
    session that copied it; without one, own words are from "earlier". */
export class Shelf {
	#copies = new Map();
	#foreign = new Set();
	#name;
	#key;

	/** `name` stands for the person, `key` (hex) is the study's, `sid` the session of this page. */
	constructor(name, key, sid) {
		this.#name = name;
		this.#key = unhex(key);
		this.sid = sid;
	}

	get(hash) {
		this.#load();
		const { sid, alien, from, instr, ref } = this.#copies.get(hash) ?? {};
		if (sid === this.sid && ref >= 0) return { from, instr, ref };
		// Foreign words that were copied again are no less foreign in another visit.
		return from && !alien ? { from: from === "answer" ? "earlier" : from } : undefined;
	}

	set(hash, copy, text) {
		this.#load();
		this.#copies.delete(hash);
		this.#copies.set(hash, { ...copy, sid: this.sid, ...(this.#isForeign(text) && { alien: 1 }) });
		this.#copies = new Map([...this.#copies].slice(-MOST));
		this.#save("copied", this.#copies);
	}

	/** Text that came from outside, to know it again inside a copy: by the hashes of its runs of
	    four words, so that a reload in between changes nothing. */
	foreign(text) {
		this.#load();
		this.#foreign = new Set([...this.#foreign, ...this.#runs(text)].slice(-MOST_RUNS));
		this.#save("foreign", this.#foreign);
	}

	/* Half of it or more came from outside. */
	#isForeign(text) {
		const runs = this.#runs(text);
		const known = runs.filter((run) => this.#foreign.has(run)).length;
		return known > 0 && 2 * known >= runs.length;
	}

	#runs(text) {
		const words = text.slice(0, 200_000).toLowerCase().match(WORD) ?? [];
		const run = (at) => keyedHash(this.#key, words.slice(at, at + RUN).join(" ")).slice(0, 8);
		return words.slice(Math.min(RUN, words.length) - 1).map((_, at) => run(at));
	}

	#save(what, entries) {
		try {
			localStorage.setItem(`wellhead:${what}:${this.#name}`, JSON.stringify([...entries]));
		} catch {
			// No storage, or no room: this page remembers.
		}
	}

	/** Another tab may have copied something since. */
	#load() {
		const kept = (what) => JSON.parse(localStorage.getItem(`wellhead:${what}:${this.#name}`) ?? "[]");
		try {
			for (const [hash, copy] of kept("copied")) this.#copies.set(hash, copy);
			for (const run of kept("foreign")) this.#foreign.add(run);
		} catch {
			// As above.
		}
	}
}

/** Note what is copied out of a field while no recorder does: in a tab that only reads, after
    a session has ended. */
export function watchCopies(shelf, key, recording) {
	const note = ({ target }) => {
		if (!target.dataset?.text || recording()) return;
		const text = target.value.slice(target.selectionStart, target.selectionEnd);
		if (text) shelf.set(keyedHash(unhex(key), squash(text)), { from: "answer" }, text);
	};
	for (const name of ["copy", "cut"]) addEventListener(name, note);
}
