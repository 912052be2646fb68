/* Records how a text comes about in one <textarea>; docs/collect-schema.md says what is sent.
   No cookies, no network: batches go to options.onBatch. Keys are recorded by class, never by
   letter; clipboard text is measured and let go. */

const ZEROS = "0".repeat(64);
const utf8 = new TextEncoder();
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const random = (n) => hex(crypto.getRandomValues(new Uint8Array(n)));

/* crypto.subtle is asynchronous, and absent on plain http. */
const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
const fraction = (x) => ((x % 1) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(primes, (p) => fraction(Math.cbrt(p)));
const rotate = (x, n) => (x >>> n) | (x << (32 - n));

export function sha256(bytes) {
	const size = ((bytes.length + 72) >> 6) << 6;
	const data = new DataView(new ArrayBuffer(size));
	new Uint8Array(data.buffer).set(bytes);
	data.setUint8(bytes.length, 128);
	data.setUint32(size - 4, bytes.length << 3);
	const sum = Int32Array.from(primes.slice(0, 8), (p) => fraction(Math.sqrt(p)));
	const w = new Int32Array(64);
	for (let at = 0; at < size; at += 64) {
		let [a, b, c, d, e, f, g, h] = sum;
		for (let i = 0; i < 64; i++) {
			const x = w[i - 15], y = w[i - 2];
			w[i] = i < 16 ? data.getInt32(at + 4 * i) : w[i - 16] + w[i - 7] +
				(rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10));
			const t = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i];
			const u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
			h = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
		}
		[a, b, c, d, e, f, g, h].forEach((x, i) => (sum[i] += x));
	}
	sum.forEach((x, i) => data.setInt32(4 * i, x));
	return new Uint8Array(data.buffer, 0, 32);
}

export const textHash = (text) => hex(sha256(utf8.encode(text)));

/** Half of HMAC-SHA-256; `key` of at most 64 bytes. */
export function keyedHash(key, text) {
	const join = (x, rest) => {
		const all = new Uint8Array(64 + rest.length).fill(x, 0, 64);
		key.forEach((k, i) => (all[i] ^= k));
		all.set(rest, 64);
		return sha256(all);
	};
	return hex(join(0x5c, join(0x36, utf8.encode(text)))).slice(0, 32);
}

/* Tells states of the text apart, to find the one that undo restores. */
function fingerprint(text) {
	let h = text.length;
	for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
	return text.length + ":" + h;
}

/* Lone surrogates cannot be sent as UTF-8, NUL cannot be stored everywhere. */
const clean = (text) => text.replace(/[\p{Cs}\0]/gu, "\uFFFD");
const plain = (text) => clean(text.replace(/\r\n?/g, "\n"));
const squash = (text) => text.replace(/\s+/g, " ").trim();
const splits = (text, i) => /^[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text.slice(i - 1, i + 1)) && i > 0;

/** The splice {p, d, n} from `old` to `now`: the selection's own where it fits, else the least,
    at the caret where it can be. */
export function splice(old, now, s0 = -1, s1 = -1, caret = -1) {
	const n = now.length - old.length + s1 - s0;
	const fits = s0 >= 0 && n >= 0 && now.startsWith(old.slice(0, s0)) && now.slice(s0 + n) === old.slice(s1);
	if (fits && !splits(old, s0) && !splits(old, s1)) return { p: s0, d: s1 - s0, n };
	const most = Math.min(old.length, now.length);
	let p = 0, tail = now.length - caret;
	if (caret < 0 || tail > most || !old.endsWith(now.slice(caret))) tail = 0;
	while (p < most - tail && old[p] === now[p]) p++;
	if (splits(old, p) || splits(now, p)) p--;
	while (tail < most - p && old.at(-tail - 1) === now.at(-tail - 1)) tail++;
	if (splits(old, old.length - tail) || splits(now, now.length - tail)) tail--;
	return { p, d: old.length - tail - p, n: now.length - tail - p };
}

const TESTS = [/[\p{L}\p{M}]/u, /\p{N}/u, /[^\S\n]/u, /[\p{P}\p{S}]/u, /\n/u];
const NAMES = ["letter", "digit", "space", "punct"];
// -1 for "other", the last one.
const classOf = (c) => TESTS.findIndex((test) => test.test(c));

/** Characters by class: letter, digit, space, punct, newline, other. */
export function classCounts(text) {
	const counts = [0, 0, 0, 0, 0, 0];
	for (const c of text) counts[(classOf(c) + 6) % 6]++;
	return counts;
}

const KEYS = {
	mod: /^(Shift|Control|Alt|AltGraph|Meta|OS|Fn|\w+Lock)$/,
	nav: /^(Arrow.*|Home|End|Page.*|Tab)$/,
	erase: /^(Backspace|Delete)$/,
	func: /^(F\d+|Escape)$/,
	enter: /^Enter$/, dead: /^Dead$/, unident: /^Unidentified$/, process: /^Process$/,
};
const nameOf = (table, text) => Object.keys(table).find((name) => table[name].test(text));
const keyClass = (key = "") => (/^.$/u.test(key) ? NAMES[classOf(key)] : nameOf(KEYS, key)) ?? "other";

const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|[\p{L}\p{M}\p{N}]+/gu;
const words = (text) => text.toLowerCase().match(WORD) ?? [];

/** Per mille of the words of `part` in runs of four that `whole` has. */
export function overlap(part, whole) {
	const mine = words(part), theirs = words(whole), size = Math.min(4, mine.length);
	const gram = (list, i) => list.slice(i, i + size).join(" ");
	const known = new Set(theirs.map((_, i) => gram(theirs, i)));
	const covered = new Set();
	for (let i = 0; size && i + size <= mine.length; i++)
		if (known.has(gram(mine, i))) for (let j = 0; j < size; j++) covered.add(i + j);
	return size && Math.round((1000 * covered.size) / mine.length);
}

const HTML = {
	"html-chat": /data-message-author-role|data-start="\d+"|markdown prose|font-claude|model-response/,
	"html-office": /schemas-microsoft-com:office|class="?Mso|LibreOffice/i,
	"html-doc": /docs-internal-guid|data-pm-slice|notionvc/,
};

function flavour(data) {
	if (data.types.includes("Files")) return "files";
	if (!data.types.includes("text/html")) return "plain";
	const html = data.getData("text/html").slice(0, 20000);
	return nameOf(HTML, html) ?? "html-other";
}

const MOVES = /^insertFrom(Paste|Drop|Yank)|^deleteBy(Cut|Drag)/;

/** Start recording `area`; docs/collect-recorder.md describes options and handle. */
export function attach(area, options = {}) {
	const { sid = random(16), tab = random(8), level = "process", paste = "allow" } = options;
	const { root = area, source, onBatch, onChange, onPaste, maxEvents = 400 } = options;
	const resume = { seq: 0, prev: ZEROS, events: 0, elapsed: 0, by: "page", ...options.resume };
	const instructions = [options.instructions].flat(), aside = new Map(Object.entries(resume.texts ?? {}));
	const key = unhex(options.key ?? random(32)), began = performance.now() - resume.elapsed;
	const listening = new AbortController(), states = new Map(), held = new Map();
	const shelf = options.shelf ?? new Map();
	let { seq, prev, events: next } = resume, nonce = options.nonce ?? ZEROS;
	let buffer = [], bulk = 0, last = 0, shadow = "", sent = null, s0 = 0, s1 = 0;
	let before = null, pressed = null, clip = null, drag = null, composing = false, name = resume.phase ?? options.name ?? "";

	const now = () => (last = Math.max(last, Math.floor(performance.now() - began)));
	const range = () => [area.selectionStart, area.selectionEnd];
	const select = () => ([s0, s1] = range());
	const selected = () => plain(area.value.slice(...range()));

	function push(kind, fields = {}) {
		if (level === "summary" && /key|car/.test(kind)) return null;
		const i = next++;
		buffer.push([i, now(), kind, fields]);
		bulk += fields.x?.length ?? 0;
		if (buffer.length >= maxEvents || bulk > 30000) flush();
		return i;
	}

	function peek() {
		if (!buffer.length) return null;
		const body = { v: 1, sid, tab, seq: seq + 1, prev, nonce, mono: now(), wall: Date.now(),
			len: shadow.length, sha: textHash(shadow), events: buffer };
		return { body: JSON.stringify(body), draft: sent === shadow ? null : shadow };
	}

	function flush() {
		check("timer");
		const batch = peek();
		if (!batch) return;
		seq++;
		prev = textHash(batch.body);
		[buffer, bulk, sent] = [[], 0, shadow];
		onBatch?.(batch);
	}

	function change(kind, fields, from, data) {
		const text = clean(area.value), old = shadow;
		if (text === old) return;
		const { p, d, n } = splice(old, text, ...from);
		const put = text.slice(p, p + n), print = name + fingerprint(text);
		Object.assign(fields, { p, ...(d && { d }), ...(n && { n, cc: classCounts(put) }) });
		// Other letters than the browser says it inserted.
		if (data && !clean(data).includes(put)) fields.bi = 0;
		if (n >= 20) fields.h = keyedHash(key, put);
		if (n && n < 50000 && level === "full") fields.x = put;
		if (kind === "edit" && (s0 !== p || s1 !== p + d)) Object.assign(fields, { s0, s1 });
		if (/^history/.test(fields.it) && states.has(print)) fields.back = states.get(print);
		shadow = text;
		states.set(print, next);
		select();
		push(kind, fields);
		onChange?.(text);
	}

	const check = (by) => change("desync", { by }, []);

	function onBeforeInput(event) {
		check("input");
		select();
		before = event;
	}

	function onInput(event) {
		const { inputType: it, data } = event, fields = {}, recent = (one) => one && now() - one.t < 1000;
		if (it) fields.it = it.slice(0, 64);
		if (!event.isTrusted) fields.tr = 0;
		if (before?.defaultPrevented !== false) fields.bi = 0;
		if (recent(pressed)) fields.kd = pressed.i, pressed.event.defaultPrevented && (fields.pd = 1);
		if (composing || event.isComposing) fields.co = 1;
		if (recent(clip) && (!it || MOVES.test(it))) fields.clip = clip.i;
		if (it !== "deleteByDrag") clip = null;
		before = pressed = null;
		const caret = area.selectionEnd;
		change("edit", fields, /^history/.test(it) ? [-1, -1, caret] : [s0, s1, caret], it === "insertText" && !fields.co && data);
	}

	function logKey(event, fields) {
		if (!event.isTrusted) fields.tr = 0;
		return push("key", { c: keyClass(event.key), ...fields });
	}

	function onKeyDown(event) {
		check("input");
		select();
		const m = event.ctrlKey + 2 * event.shiftKey + 4 * event.altKey + 8 * event.metaKey;
		const i = logKey(event, { ...(event.repeat && { r: 1 }), ...(m && { m }) });
		if (i === null) return;
		if (keyClass(event.key) !== "mod") pressed = { i, t: last, event };
		if (!event.repeat) held.set(event.code || event.key, { i, t: last });
	}

	function onKeyUp(event) {
		const name = event.code || event.key, down = held.get(name);
		held.delete(name);
		logKey(event, { a: "u", ...(down && { of: down.i, dw: now() - down.t }) });
		if (down && pressed?.i === down.i) pressed = null;
	}

	function onSelection() {
		if (document.activeElement !== area || composing || clean(area.value) !== shadow) return;
		if (`${range()}` === `${[s0, s1]}`) return;
		select();
		if (buffer.at(-1)?.[2] === "car") buffer.at(-1)[3] = { s0, s1 };
		else push("car", { s0, s1 });
	}

	const task = () => [source, ...instructions].map((one) => one?.textContent).join(" ");
	const within = (element) => !!element && getSelection().containsNode(element, true);

	function logClip(event, text, fields) {
		for (const name of ["src_cov", "task_cov", "instr"]) if (!fields[name]) delete fields[name];
		if (text) fields.h = keyedHash(key, text);
		if (!event.isTrusted) fields.tr = 0;
		return push("clip", { a: event.type, n: text.length, ...fields });
	}

	function onCopy(event) {
		const own = event.target === area, text = own ? selected() : plain(`${getSelection()}`);
		if (!text || (event.type === "cut" && !own)) return;
		check("input");
		select();
		const instr = +(!own && instructions.some(within)), from = own ? "answer" : instr || within(source) ? "task" : "page";
		const i = logClip(event, text, { from, ...(own && { s0, s1 }), instr, task_cov: overlap(task(), text) });
		shelf.set(keyedHash(key, squash(text)), { ref: i, from, instr }, text);
		if (event.type === "cut") clip = { i, t: last };
	}

	function whence(text) {
		const flat = squash(text.replace(options.canary ?? "", "")), copy = shelf.get(keyedHash(key, flat));
		const verbatim = flat && squash(task()).includes(flat), at = text.length < 20 ? -1 : shadow.indexOf(text);
		const fields = { src_cov: verbatim ? 1000 : overlap(text, task()), from: "outside" };
		if (copy?.ref >= 0) Object.assign(fields, copy);
		else if (fields.src_cov >= 900) fields.from = "task";
		else if (at >= 0) Object.assign(fields, { from: "answer", s0: at, s1: at + text.length });
		else if (copy) fields.from = copy.from;
		return fields;
	}

	function onArrival(event) {
		const data = event.clipboardData ?? event.dataTransfer;
		check("input");
		select();
		const text = plain(data?.getData("text/plain") ?? "");
		const moved = event.type === "drop" && drag?.text === text;
		const fields = moved ? { from: "answer", ...drag.own } : whence(text);
		if (data && flavour(data) !== "plain") fields.fl = flavour(data);
		if (/outside|page/.test(fields.from)) shelf.foreign?.(text);
		if (paste !== "allow" && !/answer|earlier/.test(fields.from)) {
			fields.bl = paste;
			if (paste === "block") event.preventDefault();
			onPaste?.(paste);
		}
		clip = { i: logClip(event, text, fields), t: last };
	}

	function onComposition(event) {
		composing = event.isTrusted && event.type === "compositionstart";
		push("comp", composing ? { a: "s" } : { a: "e", n: event.data?.length ?? 0 });
	}

	function putBack(text, by) {
		area.value = text;
		shadow = clean(area.value);
		push("restore", { n: shadow.length, sha: textHash(shadow), by });
	}

	/* The text is put aside, another one of the page taken up. */
	function turn(to, element = area, text = null) {
		flush();
		if (to === name && text === null) return;
		aside.set(name, shadow);
		const d = shadow.length, same = element === area;
		[area, name, shadow, sent] = [element, to, aside.get(to) ?? "", null];
		if (same) area.value = shadow;
		const n = shadow.length;
		push("phase", { name, ...(d && { d }), ...(n && { n }) });
		text === null ? check("timer") : putBack(text, "local");
		select();
		options.onTurn?.(name);
	}

	/* An event in another text of the page leads there. */
	function enter({ target, type }) {
		const to = target !== area && type !== "blur" && options.nameOf?.(target);
		if (to && type === "drop" && drag) drag.own = { ref: logClip({ type: "copy", isTrusted: 1 }, drag.text, { from: "answer", ...drag.own }) };
		if (to) turn(to, target);
		return target === area;
	}

	function listen(target, names, handler) {
		const how = { capture: true, signal: listening.signal };
		const own = (event) => (target !== root || enter(event)) && handler(event);
		for (const name of names.split(" ")) target.addEventListener(name, own, how);
	}

	const note = (kind, on) => push(kind, { on: +on });
	listen(root, "beforeinput", onBeforeInput);
	listen(root, "input", onInput);
	listen(root, "keydown", onKeyDown);
	listen(root, "keyup", onKeyUp);
	listen(root, "paste drop", onArrival);
	listen(root, "dragstart", () => (drag = { own: { s0: area.selectionStart, s1: area.selectionEnd }, text: selected() }));
	listen(document, "dragend", () => (drag = null));
	listen(root, "compositionstart compositionend", onComposition);
	listen(root, "focus blur", (event) => note("foc", event.type === "focus"));
	listen(document, "copy cut", onCopy);
	listen(document, "selectionchange", onSelection);
	listen(document, "visibilitychange", () => (note("vis", !document.hidden), flush()));
	listen(window, "focus blur", (event) => event.target === window && note("win", event.type === "focus"));
	listen(window, "online offline", (event) => note("net", event.type === "online"));
	listen(window, "pagehide", flush);
	const timers = [setInterval(flush, options.every ?? 5000), setInterval(check, options.check ?? 1000, "timer")];

	if (options.resume) area.value = resume.text;
	shadow = clean(area.value);
	if (resume.by === "server") sent = shadow;
	states.set(name + fingerprint(shadow), next);
	if (options.resume || shadow) push("restore", { n: shadow.length, sha: textHash(shadow), by: resume.by });
	select();

	return {
		sid, tab, flush, peek,
		submit() {
			check("submit");
			push("submit", { n: shadow.length });
			flush();
			return shadow;
		},
		phase(...whither) {
			turn(...whither);
			flush();
		},
		textOf: (one) => (one === name ? shadow : aside.get(one) ?? ""),
		note: push,
		receipt: (value) => void (nonce = value),
		stop() {
			listening.abort();
			timers.forEach(clearInterval);
		},
		get text() {
			return shadow;
		},
	};
}
