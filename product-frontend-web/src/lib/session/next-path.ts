// As long as the address that the services take.
const longest = 8000;

/**
 * Where to go after signing in. `next` comes from the address bar, so anybody can write it: only a path of this very
 * origin is kept, everything else is refused, or the sign-in page would lend its name to a foreign one (open redirect).
 */
export function safeNextPath(next: unknown, origin: string): string | null {
    if (typeof next !== "string" || next.length > longest || !next.startsWith("/")) {
        return null;
    }
    let url: URL;
    try {
        url = new URL(next, origin);
    } catch {
        return null;
    }
    // Judged as browsers read it, not as it is written: they drop tabs and newlines, take "\" for "/", and make
    // "//host" of "/.//host".
    if (url.origin !== origin || url.pathname.startsWith("//") || url.pathname === "/login") {
        return null;
    }
    return url.pathname + url.search + url.hash;
}
