import type { FullResult, Reporter, TestCase, TestResult } from "@playwright/test/reporter";
import { type Client, clients, type Flow, offered, table, titleOf, type Verdict } from "./table";

/** Prints the table client × flow as it came out; a cell that table.ts promises and no test has run fails the run. */
export default class TableReporter implements Reporter {
    private readonly verdicts = new Map<string, Verdict>();

    onTestEnd(test: TestCase, result: TestResult): void {
        const verdict = result.status === "passed" ? "ok" : result.status === "skipped" ? "skipped" : "FAILED";
        this.verdicts.set(test.title, verdict);
    }

    async onEnd(result: FullResult): Promise<{ status: FullResult["status"] }> {
        const verdictOf = (client: Client, flow: Flow) => this.verdicts.get(titleOf(client, flow)) ?? "not run";
        console.log(`\n${table(verdictOf)}\n· the client does not offer it`);
        const complete = clients.every((client) => offered[client].every((flow) => verdictOf(client, flow) !== "not run"));
        return { status: result.status === "passed" && !complete ? "failed" : result.status };
    }
}
