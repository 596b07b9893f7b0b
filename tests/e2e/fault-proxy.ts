import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request on its way; a fault may change it, so that the real service refuses it for a reason of its own. */
export interface Passing {
    headers: IncomingHttpHeaders;
    body: string;
}

export interface Fault {
    method: string;
    /** The path without its query. */
    path: string | RegExp;
    /** How many requests it meets; the next ones pass. */
    times?: number;
    /** Resolved when the request may go on. */
    until?: Promise<void>;
    change?(passing: Passing): void;
    /** Answered here, as a service that is in trouble does. */
    answer?: { status: number; headers?: Record<string, string>; body: object };
    /** The connection breaks: before the request arrives, or after the service has done what it was asked. */
    breaks?: "before" | "after";
}

/** What breaks with a connection that served before, a browser sends again by itself, and nobody is told. */
const oneRequestEach = { connection: "close" };

/** Stands between a browser and the console's origin, and lets requests meet what goes wrong on a bad day. */
export class FaultProxy {
    private readonly server = createServer((request, response) => {
        // A connection that a test breaks ends both sides.
        this.handle(request, response).catch(() => response.destroy());
    });
    private faults: (Fault & { left: number })[] = [];

    private constructor(private readonly target: URL) {}

    static async before(target: string): Promise<FaultProxy> {
        const proxy = new FaultProxy(new URL(target));
        proxy.server.listen(0, "localhost");
        await once(proxy.server, "listening");
        return proxy;
    }

    get origin(): string {
        return `http://localhost:${(this.server.address() as AddressInfo).port}`;
    }

    meet(fault: Fault): void {
        this.faults.push({ ...fault, left: fault.times ?? 1 });
    }

    /** Whether every fault has met what it waited for: a test whose fault never came about has shown nothing. */
    get spent(): boolean {
        return this.faults.every(({ left }) => left === 0);
    }

    clear(): void {
        this.faults = [];
    }

    async close(): Promise<void> {
        this.server.closeAllConnections();
        this.server.close();
        await once(this.server, "close");
    }

    private take(method: string, path: string): Fault | undefined {
        const fault = this.faults.find((each) => each.left > 0 && each.method === method && (typeof each.path === "string" ? each.path === path : each.path.test(path)));
        if (fault) {
            fault.left -= 1;
        }
        return fault;
    }

    private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const chunks: Buffer[] = [];
        for await (const chunk of request) {
            chunks.push(chunk as Buffer);
        }
        const passing: Passing = { headers: { ...request.headers }, body: Buffer.concat(chunks).toString() };
        const fault = this.take(request.method ?? "GET", new URL(request.url ?? "/", this.origin).pathname);
        await fault?.until;
        if (fault?.breaks === "before") {
            request.socket.destroy();
            return;
        }
        if (fault?.answer) {
            const { status, headers, body } = fault.answer;
            response.writeHead(status, { "Content-Type": "application/problem+json", ...headers, ...oneRequestEach });
            response.end(JSON.stringify(body));
            return;
        }
        fault?.change?.(passing);
        const answer = await this.forward(request, passing);
        if (fault?.breaks === "after") {
            answer.resume();
            await once(answer, "end");
            request.socket.destroy();
            return;
        }
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...oneRequestEach });
        answer.pipe(response);
    }

    /** As if the browser had asked the console's own origin. */
    private async forward({ method, url }: IncomingMessage, { headers, body }: Passing): Promise<IncomingMessage> {
        const own = { ...headers, host: this.target.host, "content-length": String(Buffer.byteLength(body)) };
        delete own.connection;
        if (headers.origin) {
            own.origin = this.target.origin;
        }
        // Not kept for the next request: one that meets a connection just closed would fail without a fault of the test's.
        const onward = send(new URL(url ?? "/", this.target), { method, headers: own, agent: false });
        onward.end(body);
        const [answer] = (await once(onward, "response")) as [IncomingMessage];
        return answer;
    }
}
