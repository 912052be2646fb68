(() => {
  const path = document.body.dataset.live;
  const mark = (root) => [...root.querySelectorAll("details")].map((each) => each.open);
  let last = "";
  const look = async () => {
    try {
      const reply = await fetch(path, { cache: "no-store", credentials: "same-origin" });
      if (!reply.ok) throw new Error(reply.status);
      const text = await reply.text();
      document.body.classList.remove("stale");
      if (text === last || document.hidden) return;
      last = text;
      const fresh = new DOMParser().parseFromString(text, "text/html");
      const open = mark(document);
      fresh.querySelectorAll("details").forEach((each, at) => (each.open = open[at]));
      document.title = fresh.title;
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
    } catch {
      document.body.classList.add("stale");
    }
  };
  setInterval(look, 2000);
})();
