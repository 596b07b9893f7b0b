/**
 * check-answers.ts EXCHANGES JUNIT: compares what the services answered in a test run with their documents. Writes a JUnit
 * case for each operation and status that came, and says which documented ones never did.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type Answer, Conformance, type Exchange } from "./conformance.ts";
import { readDocument, services } from "./documents.ts";

const [exchanges, junit] = process.argv.slice(2);
if (!exchanges || !junit) {
    throw new Error("usage: check-answers.ts EXCHANGES JUNIT");
}
const conformance = new Conformance(Object.fromEntries(services.map((service) => [service, readDocument(service)])));
// The record leaves secrets out; a token or a demo password that got in says that it does not. A checkpoint of the audit log is a
// JWS, too, and for everybody to see.
const secret = /(?<!"jws":")eyJ[\w-]+\.[\w-]+\.|pz_refresh=|"(admin|user|support|platform)123"/;
let leaks = 0;
// Not by readline: it also ends a line at U+2028, which may stand inside a JSON string.
for (const line of readFileSync(exchanges, "utf8").split("\n").filter(Boolean)) {
    leaks += secret.test(line) ? 1 : 0;
    conformance.add(JSON.parse(line) as Exchange);
}

const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function testCase({ service, operation, status, complaints }: Answer): string {
    const failures = [...complaints.keys()].map((complaint) => `<failure message="${escaped(complaint)}"/>`);
    return `<testcase classname="${service}" name="${escaped(`${operation} ${status}`)}" time="0">${failures.join("")}</testcase>`;
}

const answers = conformance.answers();
if (leaks > 0) {
    const complaints = new Map([["a line holds a secret", leaks]]);
    answers.push({ service: "record", operation: "holds no secret", status: "", count: 0, complaints });
}
writeFileSync(junit, `<testsuite name="contract">\n${answers.map(testCase).join("\n")}\n</testsuite>\n`);

for (const { service, operation, status, complaints } of answers) {
    for (const [complaint, count] of complaints) {
        console.error(`${service} ${operation} ${status}: ${complaint}${count > 1 ? ` (${count} times)` : ""}`);
    }
}
const total = answers.reduce((sum, { count }) => sum + count, 0);
console.log(`${total} answers of ${answers.length} kinds`);
// Failures of our own (5xx) and limits (429) are the same everywhere, and no test asks every operation for them.
const everywhere = /(5\d\d|429)$/;
const unseen = conformance.unseen();
const wanted = unseen.filter((one) => !everywhere.test(one));
wanted.forEach((one) => console.log(`never seen: ${one}`));
console.log(`never seen: ${unseen.length - wanted.length} more, all 429 or 5xx`);
process.exitCode = answers.some(({ complaints }) => complaints.size > 0) ? 1 : 0;
