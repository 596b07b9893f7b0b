/**
 * Prints what each page loads before it can be used, gzipped, and fails when a budget is broken; with --markdown as the
 * table of docs/console.md. Reads the build's manifest, so run `npm run build` first.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

interface Chunk {
    file: string;
    isEntry?: boolean;
    imports?: string[];
    css?: string[];
}

const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8")) as Record<string, Chunk>;
const budgets = { loginScript: 120, pageScript: 190, style: 20, plot: 25 };

const gzipped = (file: string) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length / 1024;

/** A chunk and everything it cannot start without. */
function closure(keys: string[]): Set<string> {
    const seen = new Set<string>();
    const add = (key: string): void => {
        if (!seen.has(key)) {
            seen.add(key);
            manifest[key]?.imports?.forEach(add);
        }
    };
    keys.forEach(add);
    return seen;
}

function weight(keys: string[]): { script: number; style: number } {
    const chunks = [...closure(keys)].flatMap((key) => manifest[key] ?? []);
    const sum = (files: string[]) => [...new Set(files)].reduce((total, file) => total + gzipped(file), 0);
    return {
        script: sum(chunks.map((chunk) => chunk.file)) + gzipped("theme.js"),
        style: sum(chunks.flatMap((chunk) => chunk.css ?? [])),
    };
}

const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry);
const shell = "src/app/shell/shell.tsx";
if (!entry || !manifest[shell]) {
    throw new Error("dist/.vite/manifest.json names no entry or no shell: run npm run build.");
}
// Before signing in there is no shell around a page.
const outside = /^src\/features\/(login|authorize)\//;
const pages = Object.keys(manifest).filter((key) => /^src\/(features\/.+-page|app\/pages\/org-route)\.tsx$/.test(key));
const fonts = readdirSync(dist, { recursive: true }).filter((file) => /\.(woff2?|ttf|otf)$/.test(String(file)));

interface Line {
    name: string;
    script: number;
    scriptBudget: number;
    style: number;
}

const lines: Line[] = [
    ["sign-in", [entry], budgets.loginScript] as const,
    ...pages.map((page) => [page.replace("src/features/", ""), page.match(outside) ? [entry, page] : [entry, shell, page], budgets.pageScript] as const),
].map(([name, keys, scriptBudget]) => ({ name, scriptBudget, ...weight([...keys]) }));
// What a plot adds to the page that it is on.
for (const plot of Object.keys(manifest).filter((key) => key.endsWith("-plot.tsx"))) {
    const page = pages.find((key) => key.startsWith(plot.slice(0, plot.indexOf("/components/")))) ?? "";
    const script = weight([entry, shell, page, plot]).script - weight([entry, shell, page]).script;
    lines.push({ name: plot.replace("src/features/", ""), script, scriptBudget: budgets.plot, style: 0 });
}

const isOver = ({ script, scriptBudget, style }: Line) => script > scriptBudget || style > budgets.style;

if (process.argv.includes("--markdown")) {
    console.log("| | script, KB | budget | style, KB | budget |\n| --- | ---: | ---: | ---: | ---: |");
    for (const { name, script, scriptBudget, style } of lines) {
        const styleCells = style > 0 ? `${style.toFixed(1)} | ${budgets.style}` : "- | -";
        console.log(`| ${name.replace("/pages", "").replace("/components", "").replace(".tsx", "")} | ${script.toFixed(1)} | ${scriptBudget} | ${styleCells} |`);
    }
    console.log(`| web fonts | ${fonts.length} | 0 | | |`);
} else {
    console.log(`${"page".padEnd(52)} script KB   style KB   (gzip)`);
    for (const line of lines) {
        const { name, script, scriptBudget, style } = line;
        const styleText = style > 0 ? ` ${style.toFixed(1).padStart(7)}/${budgets.style}` : "";
        console.log(`${name.padEnd(52)} ${script.toFixed(1).padStart(6)}/${scriptBudget}${styleText}${isOver(line) ? "   over budget" : ""}`);
    }
    console.log(`web fonts: ${fonts.length}`);
}
process.exitCode = fonts.length > 0 || lines.some(isOver) ? 1 : 0;
