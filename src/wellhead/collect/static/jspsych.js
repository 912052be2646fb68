/* jsPsych plug-in (versions 7 and 8): a text area whose answer comes with its recording.

     import WellheadText from "./jspsych.js";
     timeline.push({ type: WellheadText, instructions: "Summarise the text.", source: "…" });

   Data of the trial: text; recording (JSON, one piece); rt (ms). All words are shown as text. */

import { record } from "./recording.js";

// jsPsych's ParameterType, by number, so that nothing has to be loaded.
const STRING = 1;
const INT = 2;

const make = (tag, fields, ...children) => {
	const element = Object.assign(document.createElement(tag), fields);
	element.append(...children);
	return element;
};

export default class WellheadText {
	static info = {
		name: "wellhead-text",
		version: "1.0.0",
		parameters: {
			instructions: { type: STRING, default: "" },
			source: { type: STRING, default: "" },
			label: { type: STRING, default: "Your answer" },
			button_label: { type: STRING, default: "Continue" },
			rows: { type: INT, default: 12 },
			level: { type: STRING, default: "process" },
			paste: { type: STRING, default: "allow" },
			key: { type: STRING, default: null },
		},
		data: { text: { type: STRING }, recording: { type: STRING }, rt: { type: INT } },
	};

	constructor(jsPsych) {
		this.jsPsych = jsPsych;
	}

	trial(display, trial) {
		const began = performance.now();
		const area = make("textarea", { rows: trial.rows, autocomplete: "off" });
		area.style.cssText = "display: block; width: 100%; box-sizing: border-box; font: inherit;";
		const source = make("div", { textContent: trial.source });
		source.style.whiteSpace = "pre-wrap";
		const instructions = make("p", { textContent: trial.instructions });
		const button = make("button", { textContent: trial.button_label, className: "jspsych-btn", type: "button" });
		display.replaceChildren(instructions, source, make("label", { textContent: trial.label }, area), button);
		area.focus();
		const { level, paste } = trial;
		const { handle, json } = record(area, { source, instructions, level, paste, key: trial.key ?? undefined });
		button.onclick = () => {
			const text = handle.submit();
			const data = { text, recording: json(), rt: Math.round(performance.now() - began) };
			handle.stop();
			display.replaceChildren();
			this.jsPsych.finishTrial(data);
		};
	}
}
