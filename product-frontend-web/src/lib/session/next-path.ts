/**
 * Where to go after signing in. `next` comes from the address bar, so anybody can write it: only a path of this very
 * origin is kept, everything else is refused, or the sign-in page would lend its name to a foreign one (open redirect).
 */
export function safeNextPath(next: unknown, origin: string): string | null {
    if (typeof next !== "string" || next.length > 2000) {
        return null;
    }
    // URL parsers drop tabs and newlines and read "\" as "/", so neither may take part.
    // oxlint-disable-next-line no-control-regex
    if (!/^\/(?!\/)/.test(next) || /[\u0000-\u0020\u007f\\]/.test(next)) {
        return null;
    }
    let url: URL;
    try {
        url = new URL(next, origin);
    } catch {
        return null;
    }
    // A path such as "/.//host" becomes "//host" once its dots are resolved.
    if (url.origin !== origin || url.pathname.startsWith("//") || url.pathname === "/login") {
        return null;
    }
    return url.pathname + url.search + url.hash;
}
