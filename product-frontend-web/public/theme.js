// Runs before the first paint, so that the chosen theme never flashes; a file, because the content
// security policy allows no inline script. src/lib/theme/theme.ts keeps the choice up to date afterwards.
(function () {
    var choice = null;
    try {
        choice = localStorage.getItem("pz.theme");
    } catch {
        // Storage may be blocked; the system's preference is a good answer then.
    }
    var dark = choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
