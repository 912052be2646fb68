/* Drop-in for a form: MTurk's <crowd-form>, a survey page, any <form>. Add this module to the page
   and name a hidden field on the text area:

     <textarea name="summary" data-wellhead="recording" data-wellhead-source="#text"></textarea>

   The form then sends the recording as the field "recording". Attributes: data-wellhead (name of
   the field), -source and -instructions (selectors), -level, -paste, -key (hex, for equal pastes
   across writers). The field is never required: a writer is not stopped by a failed recording. */

import { record } from "./recording.js";

const REFRESH_MS = 10_000;

function optionsOf({ dataset }) {
	const element = (selector) => (selector ? document.querySelector(selector) : null);
	const given = {
		level: dataset.wellheadLevel,
		paste: dataset.wellheadPaste,
		key: dataset.wellheadKey,
		source: element(dataset.wellheadSource),
		instructions: element(dataset.wellheadInstructions),
	};
	return Object.fromEntries(Object.entries(given).filter(([, value]) => value));
}

/** Record `area` into a hidden field of its form; answers the recorder's handle. */
export function fillHiddenField(area) {
	const hidden = document.createElement("input");
	Object.assign(hidden, { type: "hidden", name: area.dataset.wellhead });
	area.after(hidden);
	const { handle, json } = record(area, { ...optionsOf(area), every: REFRESH_MS });
	const refresh = () => (hidden.value = json());
	setInterval(refresh, REFRESH_MS);
	// Before anybody reads the form: the press of a button comes first, then the submission.
	for (const name of ["click", "submit", "pagehide"]) addEventListener(name, refresh, true);
	return handle;
}

document.querySelectorAll("textarea[data-wellhead]").forEach(fillHiddenField);
