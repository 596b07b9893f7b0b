/** The header that makes a change conditional on the version the person saw; another version answers 412. */
export function ifMatch(version: number): { "If-Match": string } {
    return { "If-Match": `"${version}"` };
}
