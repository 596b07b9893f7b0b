/** Headers that make a POST carry out once, however often it arrives. */
export type OnceOnly = { "Idempotency-Key": string };

/**
 * Keys for what one form submits. The same content sent again keeps its key, so that pressing the button after a lost
 * answer does not create a second row; other content, and whatever follows a success, gets a new one.
 */
export class SubmissionKeys {
    private last?: { content: string; key: string };

    for(body: unknown): OnceOnly {
        const content = JSON.stringify(body);
        if (this.last?.content !== content) {
            this.last = { content, key: crypto.randomUUID() };
        }
        return { "Idempotency-Key": this.last.key };
    }

    done(): void {
        this.last = undefined;
    }
}
