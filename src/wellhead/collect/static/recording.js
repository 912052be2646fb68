/* A recording in one piece, where there is no collection server: for a hidden field of a form, a
   column of an experiment's data, a download. Reads back with `schema.Recording`. */

import { attach } from "./recorder.js";

/** As `attach`, and collects the batches: the answer has recording() and json(). */
export function record(area, options = {}) {
	const bodies = [];
	const onBatch = (batch) => {
		bodies.push(batch.body);
		options.onBatch?.(batch);
	};
	const handle = attach(area, { ...options, onBatch });
	const recording = () => {
		handle.flush();
		const level = options.level ?? "process";
		return { v: 1, recorder: "wellhead", level, bodies, text: handle.text };
	};
	return { handle, recording, json: () => JSON.stringify(recording()) };
}
