/* Where the study asks for it: a copy of the task's text carries one more sentence. */

/** Add `sentence` to whatever is copied out of `source`; the page itself stays as it is. */
export function mark(source, sentence) {
	source.addEventListener("copy", (event) => {
		const text = String(getSelection());
		if (!text.trim()) return;
		event.clipboardData.setData("text/plain", `${text}\n${sentence}`);
		event.preventDefault();
	});
}
