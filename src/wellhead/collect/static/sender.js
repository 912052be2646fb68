/* Brings batches to the server: one at a time, in order, each until it is acknowledged. */

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
const TAKE_AGAIN = 60_000;
const KEEPALIVE_BYTES = 60_000; // browsers allow 64 KiB for a request that outlives its page

/** Talks to /api/session. Every method answers {status, body}; status 0 means no answer. */
export class Api {
	constructor(base, token = "") {
		this.base = base;
		this.token = token;
	}

	async call(method, path, message, more = {}) {
		const headers = { "Content-Type": "application/json" };
		if (this.token) headers.Authorization = `Bearer ${this.token}`;
		const body = message === undefined ? undefined : JSON.stringify(message);
		const about = { method, headers, body, credentials: "omit", cache: "no-store", ...more };
		try {
			const answer = await fetch(`${this.base}/session${path}`, about);
			return { status: answer.status, body: await answer.json().catch(() => ({})) };
		} catch {
			return { status: 0, body: {} };
		}
	}
}

/** Sends what is in `store`. on: receipt(value), state(name), lost(reason), broken(reason).
    States: saved, saving, offline. Lost: lease, unauthorised, closed. Broken: the log cannot go
    on as it is and must begin anew where the server stands. */
export class Sender {
	#timer = null;
	#busy = false;
	#wait = FIRST_WAIT;
	#stopped = false;
	#leaving = false;
	#tookAt = -Infinity;
	#on;
	acked = 0;

	constructor(api, { sid, tab, store, take }, on) {
		Object.assign(this, { api, sid, tab, store, take });
		this.#on = on;
		this.wake = this.wake.bind(this);
		addEventListener("online", this.wake);
		addEventListener("pagehide", () => (this.#leaving = true));
		addEventListener("pageshow", () => (this.#leaving = false));
	}

	push(batch) {
		this.store.push(batch);
		this.pump();
	}

	wake() {
		clearTimeout(this.#timer);
		this.#timer = null;
		this.#wait = FIRST_WAIT;
		this.pump();
	}

	stop() {
		this.#stopped = true;
		clearTimeout(this.#timer);
		removeEventListener("online", this.wake);
	}

	async pump() {
		if (this.#busy || this.#timer || this.#stopped) return;
		this.#busy = true;
		while (this.store.batches.length && !this.#stopped) {
			this.#on.state("saving");
			const batch = this.store.batches[0];
			const answer = await this.#post(batch);
			if (this.#stopped || !this.#handle(answer)) break;
		}
		this.#busy = false;
		if (!this.store.batches.length && !this.#stopped) this.#on.state("saved");
	}

	#post(batch) {
		const message = { body: batch.body, draft: batch.draft, take: this.take };
		const length = batch.body.length + (batch.draft?.length ?? 0);
		// Bytes, escapes included, are at most a few times the characters.
		const keepalive = (this.#leaving || document.hidden) && length * 3 < KEEPALIVE_BYTES;
		return this.api.call("POST", `/${this.sid}/batch`, message, { keepalive });
	}

	/* True when the next batch may go at once. */
	#handle({ status, body }) {
		if (status === 200) {
			// A batch that an earlier tab left behind still writes in that tab's name.
			if (JSON.parse(this.store.batches[0].body).tab === this.tab) this.take = false;
			this.store.shift();
			this.acked = body.ack;
			this.#wait = FIRST_WAIT;
			this.#on.receipt(body.receipt);
			return true;
		}
		if (body.error === "lease" && this.#mayTake()) return true;
		if (status === 401 || status === 410 || body.error === "lease") this.#lose(body.error);
		else if ([400, 404, 409, 413, 415, 422].includes(status)) this.#on.broken(body.error ?? "");
		else this.#later(body.retry_ms);
		return false;
	}

	/* A reader elsewhere may have picked up a lease that lapsed while nothing was written. */
	#mayTake() {
		const now = performance.now();
		if (this.take || now - this.#tookAt < TAKE_AGAIN) return false;
		this.#tookAt = now;
		return (this.take = true);
	}

	#lose(reason) {
		this.stop();
		this.#on.lost(reason);
	}

	#later(asked) {
		this.#on.state("offline");
		this.#timer = setTimeout(() => {
			this.#timer = null;
			this.pump();
		}, asked ?? this.#wait);
		this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
	}

	/** True once nothing waits, false after `limit` ms. */
	async drained(limit) {
		const end = performance.now() + limit;
		while (this.store.batches.length && performance.now() < end && !this.#stopped) {
			this.wake();
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		return !this.store.batches.length;
	}
}
