/* One writer at a time among the tabs of one browser. The server's lease guards the rest. */

const ANSWER_WITHIN = 250;

/** Ask to be the tab that writes in session `sid`. `onLost` runs when another tab takes over.
    Answers true when this tab may write. With `force` the right is taken from another tab. */
export function claim(sid, onLost, force = false) {
	const name = `wellhead:${sid}`;
	return navigator.locks ? lock(name, onLost, force) : call(name, onLost, force);
}

function lock(name, onLost, force) {
	return new Promise((decide) => {
		const how = force ? { steal: true } : { ifAvailable: true };
		const forever = (held) => {
			decide(held !== null);
			return held && new Promise(() => {});
		};
		// Stolen, or (in a frame without an origin) not allowed to ask.
		const failed = (error) => (error.name === "AbortError" ? onLost() : decide(true));
		navigator.locks.request(name, how, forever).catch(failed);
	});
}

/* Plain http has no locks: ask aloud, and believe silence. */
async function call(name, onLost, force) {
	const channel = new BroadcastChannel(name);
	let mine = force, taken = false;
	channel.onmessage = ({ data }) => {
		if (data === "taken") taken = true;
		if (data === "anyone?" && mine) channel.postMessage("taken");
		if (data === "mine" && mine) {
			mine = false;
			onLost();
		}
	};
	channel.postMessage(force ? "mine" : "anyone?");
	if (!force) await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN));
	return (mine = force || !taken);
}
