/* The task page: consent, writing, submission. Nothing listens and nothing is stored before the
   writer agrees. docs/collect-protocol.md says what is sent when. */

import { mark } from "./canary.js";
import { ask as askQuestions, Responses } from "./questions.js";
import { attach } from "./recorder.js";
import { Api, Sender } from "./sender.js";
import { Shelf, watchCopies } from "./shelf.js";
import { Store } from "./store.js";
import { claim } from "./tabs.js";
import * as view from "./view.js";
import { client, remember, remembered } from "./visit.js";
import { countWords, refusal, say, setup } from "./words.js";

const api = new Api(setup.api);
const tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16)).join("");
const SUBMISSION = "1"; // one answer per session: repeated presses are the same submission
const DRAIN_MS = 5_000;
const RESYNCS = 3;

/* No answer, or one that may be another in a while. */
const away = (status) => status === 0 || status === 429 || status >= 500;

let session = null; // what `Started` said
let store, sender, recorder, keeper, shelf;
let recording = false;
let lastSeq = 0, resyncs = 0, responses = null, watch = 0;

/* ---- finding and beginning a session ---- */

/* Go on where an earlier page of this session stopped, if its token still opens it. */
async function resume(name) {
	const [sid, token] = name.split(".");
	api.token = token;
	const { status, body } = await api.call("GET", `/${sid}?tab=${tab}`);
	if (status === 200) return body.state === "open" ? begin() : over(body);
	if (away(status)) return view.problem(say("unreachable"), () => resume(name));
	ask();
}

/* Nothing is begun without consent, whatever the address carries. */
function ask() {
	api.token = "";
	view.find("agree").disabled = false;
	view.show("consent");
}

/* Begin a session, or open the one that this page's token belongs to. */
function start(after) {
	const declared = [...document.querySelectorAll("[name=declared]:checked")].map((box) => box.value);
	return api.call("POST", "", {
		v: 1, study: setup.study, ticket: setup.ticket, tab, declared, client: client(), after,
		name: document.getElementById("name")?.value ?? "",
		consent: { version: setup.consent_version, at: Date.now() },
	});
}

const opened = ({ status }) => status === 200 || status === 201;

async function begin() {
	view.find("agree").disabled = true;
	const answer = await start();
	if (opened(answer)) return open(answer.body);
	if (answer.status === 401) return ask();
	if (answer.body.completion) return turnedAway(answer.body);
	const words = refusal(answer.body.message);
	if (away(answer.status)) return view.problem(words ?? say("unreachable"), begin);
	view.problem(words ?? say("cannot_open"), answer.status === 422 ? ask : null);
}

/* From here on this page belongs to that session. */
function adopt(started) {
	session = started;
	api.token = started.token;
	remember(setup, `${started.at.sid}.${started.token}`);
	if (shelf) return void (shelf.sid = started.at.sid);
	shelf = new Shelf(started.recorder.copies, started.recorder.key, started.at.sid);
	watchCopies(shelf, started.recorder.key, () => recording);
}

async function open(started) {
	adopt(started);
	if (started.at.state !== "open") return over(started.at);
	if (started.recorder.canary) mark(view.find("source"), started.recorder.canary);
	responses = new Responses(started.at.sid);
	const mine = await claim(started.at.sid, onTaken);
	if (mine) return questionsFirst(() => write(started.at, started.at.writer));
	view.showTask(started.task, started.at.phase);
	view.show("task");
	view.readOnly(textsOf(started.at), say("other_tab"), takeOver);
}

const textsOf = ({ texts, phase, text }) => ({ ...texts, [phase]: text });
const areaOf = (name) => view.areas().find(([one]) => one === name)?.[1] ?? view.find("answer");
/* Nothing is asked of a text that may be left empty before it is begun. */
function leastOf(name, text) {
	const { min_words: least = 0, optional } = view.stages(session.task).find(({ id }) => id === name) ?? {};
	return optional && !text.trim() ? 0 : least;
}

/* What stands in the fields of the page, by text. */
const here = () => Object.fromEntries(view.areas().map(([name, area]) => [name, area.value]));

/* ---- questions ---- */

function questionsOf(when) {
	return session.task.questions.filter(({ at }) => at === when);
}

/* Whoever comes back to a text that has begun has answered them. */
function questionsFirst(write) {
	const questions = questionsOf("before");
	const open = questions.some(({ id, required }) => required && !responses.get(id).trim());
	const begun = session.at.seq > 0 && !open;
	if (!questions.length || begun) return write();
	view.find("questions-back").hidden = true;
	askQuestions(questions, responses, session.task.language, write);
	view.show("questions");
}

function questionsLast() {
	view.find("questions-back").hidden = false;
	view.find("questions-back").onclick = () => view.show("task");
	askQuestions(questionsOf("after"), responses, session.task.language, handIn);
	view.show("questions");
}

/* ---- one tab writes ---- */

function onTaken() {
	recorder?.flush();
	halt();
	view.readOnly(null, say("went_on_elsewhere"), takeOver);
}

async function takeOver() {
	await claim(session.at.sid, onTaken, true);
	// The other tab writes down its last words when it notices.
	await new Promise((resolve) => setTimeout(resolve, 300));
	const { status, body } = await api.call("GET", `/${session.at.sid}?tab=${tab}`);
	if (status === 401) return view.readOnly(null, say("signed_out"), goOn, "go_on_here");
	if (status !== 200) return view.notice(say("unreachable"));
	store = null;
	if (body.state !== "open") return over(body);
	write(body, false);
}

function halt() {
	stopRecorder();
	sender?.stop();
	clearInterval(keeper);
}

function stopRecorder() {
	recorder?.stop();
	recording = false;
}

/* The token has expired: the text moves into a new session, where it is an earlier draft. */
async function goOn() {
	const kept = { phase: session.at.phase, texts: soFar() };
	api.token = "";
	const answer = await start(session.at.sid);
	if (away(answer.status)) return view.notice(say("unreachable"));
	if (!opened(answer)) return view.readOnly(null, say("expired"), null);
	const same = answer.body.task.version === session.task.version;
	adopt(answer.body);
	store = null;
	view.notice("");
	if (!same) return view.readOnly(null, say("expired"), null);
	if (answer.body.at.state !== "open") return over(answer.body.at);
	write(answer.body.at, true, kept);
}

/* ---- writing ---- */

function write(at, hadLease, kept = null) {
	const { recorder: settings, task } = session;
	store = store ?? new Store(at.sid);
	const fresh = at.seq === 0 && !store.batches.length && !store.text && !kept;
	const resume = kept ? { ...at, text: kept.texts[at.phase] ?? at.text, by: "local" } : store.resumption(at);
	session.at = { ...at, phase: resume.phase, texts: { ...resume.texts, ...kept?.texts } };
	lastSeq = resume.seq;
	if (!kept) view.showTask(task, resume.phase);
	view.show("task");
	if (!kept) fill(fresh ? {} : textsOf(resume));
	const whose = { sid: at.sid, tab, store, take: !hadLease || resume.seq > 0 };
	const receipt = (value) => recorder.receipt(value);
	sender = new Sender(api, whose, { receipt, state: showState, lost: onLost, broken: onBroken });
	sender.acked = at.seq;
	recorder = attach(areaOf(resume.phase), {
		sid: at.sid, tab, nonce: at.receipt, level: settings.level, key: settings.key,
		canary: settings.canary, every: settings.every_ms, maxEvents: settings.max_events, paste: task.paste,
		source: view.find("source"), instructions: ["instructions", "more-texts", "answer-words"].map(view.find),
		root: view.find("task"), nameOf: ({ dataset }) => dataset?.text, shelf,
		resume: fresh ? undefined : resume,
		name: resume.phase, onBatch, onChange, onPaste, onTurn,
	});
	recording = true;
	if (fresh && task.fields.some(({ id }) => id === resume.phase)) recorder.note("phase", { name: resume.phase });
	if (kept) putBack(kept);
	keepTime();
	if (!hadLease) recorder.note("lease", { a: "got" });
	keeper = setInterval(() => store.keepTail(recorder.peek()), 1000);
	view.writable();
	showState("saved");
	onChange(recorder.text);
	// At first the heading has the focus, so that the task is read before the field.
	if (!fresh) areaOf(session.at.phase).focus();
	sender.pump();
}

/* Fill the fields of the page. */
function fill(texts) {
	for (const [name, area] of view.areas()) {
		area.value = texts[name] ?? "";
		view.showCount(area, area.value, leastOf(name, area.value));
	}
}

/* Texts of this page that the log does not have: told to it one by one, the one in hand last. */
function putBack({ phase, texts }) {
	const others = view.stages(session.task).filter(({ id }) => id in texts && id !== phase);
	for (const { id } of others)
		if (recorder.textOf(id) !== texts[id]) recorder.phase(id, areaOf(id), texts[id]);
	if (session.at.phase !== phase) recorder.phase(phase, areaOf(phase), texts[phase]);
	fill(texts);
}

function onTurn(name) {
	session.at = { ...session.at, phase: name };
}

function onBatch(batch) {
	lastSeq += 1;
	if (store.full) return pause();
	sender.push(batch);
}

const soFar = () => ({ ...session.at.texts, ...here() });
const textsAlone = (draft) => ({ body: "", draft, texts: soFar() });

/* Too long without a connection, or a recording as long as the study allows: the history ends
   here, the text is still kept. */
function pause() {
	stopRecorder();
	clearInterval(keeper);
	const keep = () => {
		const text = areaOf(session.at.phase).value;
		store.keepTail(textsAlone(text));
		showState(store.kept ? "paused" : "paused_memory");
		count(text);
	};
	keep();
	keeper = setInterval(keep, 1000);
}

function count(text) {
	view.showCount(areaOf(session.at.phase), text, leastOf(session.at.phase, text));
	const most = session.task.max_characters;
	if (text.length >= most) view.notice(say("full", { most }));
}

/* The time is the whole visit's; when it is over the writer may still finish. */
function keepTime() {
	const { minutes } = session.task;
	if (!minutes) return;
	const end = performance.now() - session.at.elapsed + minutes * 60_000;
	const warn = Math.min(5, Math.max(1, Math.round(minutes / 10)));
	const look = () => {
		const left = Math.ceil((end - performance.now()) / 60_000);
		if (left <= 0) view.time(say("time_over"));
		else if (left <= warn) view.time(say("time_left", { minutes: left }));
	};
	clearInterval(watch);
	watch = setInterval(look, 1000);
	look();
}

function onChange(text) {
	count(text);
	if (navigator.onLine) showState("saving");
}

function onPaste(policy) {
	view.notice(say(policy === "block" ? "paste_block" : "paste_warn"));
}

function showState(name) {
	view.showState(name === "offline" && !store.kept ? "memory" : name);
}

function onLost(reason) {
	halt();
	if (reason === "lease") view.readOnly(null, say("lease"), takeOver);
	else if (reason === "closed") view.readOnly(null, say("closed"), null);
	else view.readOnly(null, say("signed_out"), goOn, "go_on_here");
}

/* The stored log and ours do not fit: begin anew where the server stands, and say so in the log. */
async function onBroken(reason) {
	halt();
	if (reason === "too_large") {
		store.clear();
		return pause();
	}
	const { status, body } = await api.call("GET", `/${session.at.sid}?tab=${tab}`);
	if (away(status)) return void setTimeout(onBroken, 5000, reason);
	if (status !== 200) return onLost("unauthorised");
	if (body.seq > sender.acked) return onLost("lease"); // somebody wrote on elsewhere
	store.clear();
	if (++resyncs > RESYNCS) return pause();
	// Whoever wrote on meanwhile, perhaps in another field, loses no letter and stays there.
	const phase = document.activeElement?.dataset.text ?? session.at.phase;
	write(body, true, { phase, texts: soFar() });
	recorder.note("gap", { n: -1 });
}

/* ---- handing in ---- */

async function press() {
	const { texts, next } = view.page(session.task, session.at.phase);
	if (session.at.phase === "warmup") return goOnTo(next);
	for (const { id, min_words: least, optional } of texts) {
		const area = areaOf(id), words = countWords(area.value);
		if (area.value.trim() ? words >= least : optional) continue;
		view.notice(say(words ? "short" : "empty", { least, words }));
		return area.focus();
	}
	view.notice("");
	lookAtAll();
	if (next) return goOnTo(next);
	if (questionsOf("after").length) return questionsLast();
	await handIn();
}

/* What changed in a field without an event and without being visited. */
function lookAtAll() {
	for (const [name, area] of view.areas())
		if (recorder.textOf(name) !== area.value) recorder.phase(name, area);
}

async function handIn() {
	view.show("task");
	// Another tab has taken over meanwhile.
	if (view.find("submit").disabled) return;
	for (const [, area] of view.areas()) area.readOnly = true;
	view.find("submit").disabled = true;
	if (session.at.phase !== "answer") recorder.phase("answer", areaOf("answer"));
	const text = recorder.submit();
	await sender.drained(DRAIN_MS);
	await finish(text, lastSeq);
}

/* The texts so far go out as they are, then the next ones begin. */
function goOnTo(phase) {
	session.at = { ...session.at, texts: soFar() };
	recorder.flush();
	view.showTask(session.task, phase);
	recorder.phase(phase, areaOf(phase));
	fill(session.at.texts);
	view.writable();
	view.find("task-title").focus();
	onChange(areaOf(phase).value);
}

async function finish(text, seq) {
	const texts = Object.fromEntries(view.stages(session.task).map(({ id }) => [id, recorder.textOf(id)]));
	const message = { v: 1, nonce: SUBMISSION, text, seq, texts, responses: responses?.all ?? {} };
	for (let wait = 1000; ; wait = Math.min(2 * wait, 30_000)) {
		const { status, body } = await api.call("POST", `/${session.at.sid}/submit`, message);
		if (status === 200) return done(body.completion);
		if (status === 410) return handedInElsewhere();
		if (body.error === "too_short") return refuse(say("too_short", { least: session.task.min_words }));
		if (status === 413 || status === 422) return refuse(refusal(body.message));
		if (status === 401) return onLost("unauthorised");
		keepAnswer(text);
		view.notice(say(store.kept ? "not_sent" : "not_sent_memory"));
		await new Promise((resolve) => setTimeout(resolve, body.retry_ms ?? wait));
	}
}

/* The whole answer and the texts beside it stay on this device until the server has them. */
function keepAnswer(text) {
	if (!store.batches.length) store.keepTail(textsAlone(text));
}

/* Another answer of this session was first: show what that one was told, its code included. */
async function handedInElsewhere() {
	const { status, body } = await api.call("GET", `/${session.at.sid}?tab=${tab}`);
	return away(status) ? void setTimeout(handedInElsewhere, 5000) : over(body);
}

/* The answer was handed in before, here or in another tab. */
function over(at) {
	session = { ...session, at };
	done(at.submitted?.completion ?? { kind: "none", code: "" });
}

function refuse(message) {
	view.notice(message);
	view.writable();
}

async function done(completion) {
	stopRecorder();
	clearInterval(keeper);
	clearInterval(watch);
	store?.keepTail(null);
	responses?.forget();
	view.notice("");
	view.showCompletion(completion);
	view.show("done");
	tellSurvey(completion);
	const { status, body } = await api.call("GET", `/${session.at.sid}/recorded`);
	if (status === 200) view.showRecorded(body);
}

/* Every place is taken: whoever came for nothing is led back all the same. */
function turnedAway({ message, completion }) {
	view.showCompletion(completion, refusal(message));
	view.show("done");
	tellSurvey(completion);
}

/* A survey that shows this page in a frame learns the code. Who may be that survey is for the
   server to say (frame-ancestors), so any parent is the right one. */
function tellSurvey({ code }) {
	if (window.parent === window || !code) return;
	window.parent.postMessage({ wellhead: { session: session?.at.sid ?? "", code } }, "*");
}

/* ---- the beginning ---- */

function wireUp() {
	view.find("agree").onclick = begin;
	view.find("decline").onclick = () => view.show("declined");
	view.find("submit").onclick = press;
	view.find("copy-code").onclick = view.copyCode;
	for (const button of document.querySelectorAll("#consent button")) button.disabled = false;
}

if (!setup.preview) {
	wireUp();
	const name = remembered(setup);
	if (name) resume(name);
}
