/* The page's own words, in its language; the server puts them beside the setup. */

export const setup = JSON.parse(document.getElementById("setup").textContent);

/** The words called `name`, with {values} filled in. */
export function say(name, values = {}) {
	return setup.words[name].replace(/\{(\w+)\}/g, (_, value) => values[value]);
}

/** What a refusal says, in the page's language where it has words for it. */
export const refusal = (message) => setup.refusals[message] ?? message;

/* Without a segmenter, a letter of Chinese, Japanese, Thai and the like counts as a word. */
export const WORD = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]|[\p{L}\p{M}\p{N}]+/gu;
/* Browsers differ in whether a full stop or a comma between letters or digits ends a word. */
const PIECE = /[\p{L}\p{N}][\p{L}\p{M}\p{N}'’\u200c\u200d]*/gu;
const segmenter = globalThis.Intl?.Segmenter && new Intl.Segmenter("en", { granularity: "word" });
const counted = { text: "", words: 0 };

/** Words as Unicode finds them, in any script; the server counts in the same way. */
export function countWords(text) {
	if (counted.text !== text) {
		let words = 0;
		if (!segmenter) words = text.match(WORD)?.length ?? 0;
		else for (const { segment } of segmenter.segment(text)) words += segment.match(PIECE)?.length ?? 0;
		Object.assign(counted, { text, words });
	}
	return counted.words;
}
