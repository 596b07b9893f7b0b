const browsers: [RegExp, string][] = [
    [/\bEdgA?\//, "Edge"],
    [/\bOPR\//, "Opera"],
    [/\bSamsungBrowser\//, "Samsung Internet"],
    [/\b(Firefox|FxiOS)\//, "Firefox"],
    [/\b(Chrome|CriOS|HeadlessChrome)\//, "Chrome"],
    [/\bVersion\/[\d.]+.*Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
    [/\bWindows\b/, "Windows"],
    [/\bAndroid\b/, "Android"],
    [/\b(iPhone|iPad)\b/, "iOS"],
    [/\bMac OS X\b/, "macOS"],
    [/\bCrOS\b/, "ChromeOS"],
    [/\bLinux\b/, "Linux"],
];

function firstMatch(table: [RegExp, string][], text: string): string | undefined {
    return table.find(([pattern]) => pattern.test(text))?.[1];
}

/** What a person recognizes of a User-Agent, which may say anything: browser and system, or its first word. */
export function deviceOf(userAgent: string | null): { browser: string | undefined; system: string | undefined } {
    const text = userAgent ?? "";
    const product = /^[\w.-]{1,40}/.exec(text)?.[0];
    return { browser: firstMatch(browsers, text) ?? product, system: firstMatch(systems, text) };
}
