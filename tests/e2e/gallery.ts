/** Writes the generated parts of docs/console.md: every page's pictures, and what each page loads. `./dev screenshots` runs it. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pages } from "./pages.ts";
import { scenes } from "./scenes.ts";
import { named } from "./screenshot-names.ts";

const place = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const shown = named(pages);

function row(name: string, heading: string, ...said: string[]): string {
    const pictures = ["light", "dark"].map((theme) => `![${heading}, ${theme}](screenshots/${name}-${theme}.webp)`);
    return `| ${said.join("<br>")} | ${pictures.join(" | ")} |`;
}

const gallery = [
    "| page | light | dark |",
    "| --- | --- | --- |",
    ...shown.map(({ name, path, heading, who }) => row(name, heading, `\`${path.replace(/\?(.{40}).*/, "?$1…")}\``, heading, who ?? "a visitor")),
    ...scenes.map(({ name, shows, who }) => row(name, shows, shows, who)),
].join("\n");

const budgets = execFileSync(process.execPath, [place("product-frontend-web/scripts/size.ts"), "--markdown"], { encoding: "utf8" }).trim();

let text = readFileSync(place("docs/console.md"), "utf8");
for (const [part, content] of Object.entries({ budgets, gallery })) {
    const [begin, end] = [`<!-- ${part}: written by ./dev screenshots -->`, `<!-- end of ${part} -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) {
        throw new Error(`docs/console.md has no place for the part ${part}`);
    }
    text = `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
writeFileSync(place("docs/console.md"), text);

// A page that is gone takes its pictures along.
const wanted = new Set([...shown, ...scenes].flatMap(({ name }) => [`${name}-light.webp`, `${name}-dark.webp`]));
for (const file of readdirSync(place("docs/screenshots"))) {
    if (file.endsWith(".webp") && !wanted.has(file)) {
        rmSync(place(`docs/screenshots/${file}`));
    }
}
