import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Debian's own interpreter: others on the PATH do not see Debian's packages. */
export const interpreter = "/usr/bin/python3";

/** A running clients.py. */
export class Python {
    private readonly process: ChildProcess;
    private readonly answers: AsyncIterator<string>;

    constructor() {
        this.process = spawn(interpreter, [join(__dirname, "clients.py")], { stdio: ["pipe", "pipe", "inherit"] });
        if (!this.process.stdout) {
            throw new Error("no pipe");
        }
        this.answers = createInterface(this.process.stdout)[Symbol.asyncIterator]();
    }

    /** Throws what Python raised. One question at a time. */
    async ask<Answer>(action: string, needs: Record<string, unknown> = {}): Promise<Answer> {
        this.process.stdin?.write(`${JSON.stringify({ do: action, ...needs })}\n`);
        const { value, done } = await this.answers.next();
        if (done) {
            throw new Error(`${interpreter} ended`);
        }
        const said = JSON.parse(value) as { answer: Answer; error?: string };
        if (said.error !== undefined) {
            throw new Error(said.error);
        }
        return said.answer;
    }

    end(): void {
        this.process.stdin?.end();
    }
}
