import type { ConsolePage } from "./pages";

/** "/admin/orgs/0197…?tab=members" → "admin-orgs-one-members"; long values say nothing to a reader of file names. */
function nameOf({ path }: ConsolePage): string {
    const { pathname, searchParams, hash } = new URL(path, "http://console");
    const place = pathname.slice(1).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (id) => (id.endsWith("0".repeat(12)) ? "none" : "one"));
    const values = [...searchParams.values()].filter((value) => value.length <= 24);
    return [place, ...values, ...(hash ? ["with-proof"] : [])].join("-").replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 60).replace(/-$/, "");
}

/** Each page with the name of its pictures: who looks is part of it where several people see the same address. */
export function named(pages: ConsolePage[]): (ConsolePage & { name: string })[] {
    const names = pages.map((page) => nameOf(page));
    return pages.map((page, index) => {
        const name = names[index] ?? "";
        return { ...page, name: names.indexOf(name) === index ? name : `${name}-as-${page.who ?? "visitor"}` };
    });
}
