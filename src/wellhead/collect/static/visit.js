/* The visit: which session this page belongs to across reloads, and on what it is written. */

const nameOf = (setup) => (setup.visit ? `wellhead:visit:${setup.study}:${setup.visit}` : null);

/** "SID.TOKEN" of a session begun before on this page, or nothing. */
export function remembered(setup) {
	const inAddress = /^#s=([\w-]+\.[\w-]+)$/.exec(location.hash)?.[1];
	try {
		return inAddress ?? (nameOf(setup) && localStorage.getItem(nameOf(setup)));
	} catch {
		return inAddress;
	}
}

/** In the address, for reloads; in storage, for frames that are loaded anew. */
export function remember(setup, name) {
	history.replaceState(null, "", `#s=${name}`);
	try {
		if (nameOf(setup)) localStorage.setItem(nameOf(setup), name);
	} catch {
		// A frame without storage: the address remembers.
	}
}

/** What the server is told of the browser: enough to read the timings. */
export function client() {
	const agent = navigator.userAgent;
	const engine = /Firefox\/\d+|(?:Chrome|CriOS)\/\d+|Version\/\d+/.exec(agent)?.[0] ?? "";
	const width = Math.min(innerWidth, screen.width);
	return {
		engine,
		touch: navigator.maxTouchPoints > 0,
		layout: navigator.language.slice(0, 35),
		viewport: width < 600 ? "small" : width < 1000 ? "medium" : "large",
	};
}
