addEventListener("beforeprint", () => document.querySelectorAll(":not(figure) > details").forEach((d) => { d.dataset.was = d.open; d.open = true; }));
addEventListener("afterprint", () => document.querySelectorAll(":not(figure) > details").forEach((d) => { d.open = d.dataset.was === "true"; }));
