import { describe, expect, it } from "vitest";
import { Conformance, type Exchange } from "./conformance.ts";
import type { Document } from "./documents.ts";

const document: Document = {
    paths: {
        "/notes/{id}": {
            get: {
                parameters: [{ name: "verbose", in: "query" }],
                responses: {
                    200: {
                        headers: { ETag: { required: true }, Expires: { required: false } },
                        content: { "application/json": { schema: { $ref: "#/components/schemas/Note" } } },
                    },
                    404: { $ref: "#/components/responses/NotFound" } as object,
                },
            },
            delete: { responses: { 204: {} } },
            patch: {
                requestBody: {
                    content: { "application/json": { schema: { type: "object", properties: { a: {} }, additionalProperties: false } } },
                },
                responses: { 204: {} },
            },
        },
        "/notes/newest": { get: { responses: { 204: {} } } },
        "/notes/table": { get: { responses: { 200: { content: { "text/csv": { schema: { type: "string" } } } } } } },
    },
    components: {
        schemas: {
            Note: {
                type: "object",
                properties: { id: { type: "string", format: "uuid" } },
                required: ["id"],
                additionalProperties: false,
            },
            Problem: { type: "object", properties: { code: { enum: ["not_found"] } }, required: ["code"] },
        },
        responses: {
            NotFound: { content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } } },
        },
    },
};

const id = "0197c0de-0001-7000-a000-000000000001";
const json = { "content-type": "application/json", etag: '"1"' };
const problem = { "content-type": "application/problem+json" };

function exchange(method: string, target: string, response: Partial<Exchange["response"]>, body?: unknown): Exchange {
    const size = "body" in response ? 10 : 0;
    return {
        service: "notes",
        method,
        target,
        request: body === undefined ? {} : { body },
        response: { status: 200, headers: json, size, ...response },
    };
}

function complaintsAbout(...exchanges: Exchange[]): string[] {
    const conformance = new Conformance({ notes: document });
    exchanges.forEach((one) => conformance.add(one));
    return conformance.answers().flatMap(({ complaints }) => [...complaints.keys()]);
}

describe("Conformance", () => {
    it("has nothing to say about what is documented", () => {
        expect(
            complaintsAbout(
                exchange("GET", `/notes/${id}?verbose`, { body: { id } }),
                exchange("HEAD", `/notes/${id}`, {}),
                exchange("GET", `/notes/${id}`, { status: 404, headers: problem, body: { code: "not_found" } }),
                exchange("DELETE", `/notes/${id}`, { status: 204, headers: {} }),
                exchange("PATCH", `/notes/${id}`, { status: 204, headers: {} }, { a: 1 }),
                exchange("GET", "/notes/newest", { status: 204, headers: {} }),
                exchange("GET", "/notes/table", { headers: { "content-type": "text/csv; charset=utf-8" }, size: 20 }),
                exchange("GET", "/nowhere", { status: 404, headers: problem, body: { code: "not_found" } }),
                exchange("GET", "/metrics", { headers: {}, size: 100 }),
                exchange("OPTIONS", "/notes/newest", { status: 204, headers: { "access-control-allow-methods": "GET" } }),
            ),
        ).toEqual([]);
    });

    it.each([
        ["a status", { status: 418, body: { id } }, /^418 is not documented$/],
        ["a member", { body: { id, extra: 1 } }, /additional properties \(extra; .*#\/paths/],
        ["a format", { body: { id: "7" } }, /^body \/id must match format "uuid"/],
        ["a body that is absent", { headers: json, size: 3 }, /^the body is not JSON$/],
        ["a missing header", { headers: { "content-type": "application/json" }, body: { id } }, /^the header ETag is missing$/],
        ["a content type", { headers: { "content-type": "text/html", etag: "" }, body: { id } }, /^the content type is "text\/html"/],
        ["a problem", { status: 404, headers: problem, body: { code: "new" } }, /^body \/code must be equal to one of/],
    ])("complains about %s", (_what, response, complaint) => {
        expect(complaintsAbout(exchange("GET", `/notes/${id}`, response))).toEqual([expect.stringMatching(complaint)]);
    });

    it("complains about a body where none is documented, and in an answer to HEAD", () => {
        expect(complaintsAbout(exchange("DELETE", `/notes/${id}`, { status: 204, headers: {}, size: 4 }))).toHaveLength(1);
        expect(complaintsAbout(exchange("HEAD", `/notes/${id}`, { size: 4 }))).toHaveLength(1);
    });

    it("complains about accepted input that the document does not have", () => {
        expect(complaintsAbout(exchange("GET", `/notes/${id}?colour`, { body: { id } }))).toEqual([
            "accepted the query parameter colour, which is not documented",
        ]);
        expect(complaintsAbout(exchange("PATCH", `/notes/${id}`, { status: 204, headers: {} }, { b: 1 }))).toHaveLength(1);
    });

    it("knows a path and a method that do not exist", () => {
        expect(complaintsAbout(exchange("GET", "/nowhere", { body: {} }))).toHaveLength(2);
        expect(
            complaintsAbout(exchange("PUT", `/notes/${id}`, { status: 405, headers: problem, body: { code: "not_found" } })),
        ).toEqual([]);
    });

    it("counts answers, and names those that never came", () => {
        const conformance = new Conformance({ notes: document });
        conformance.add(exchange("DELETE", `/notes/${id}`, { status: 204, headers: {} }));
        conformance.add(exchange("DELETE", `/notes/${id}`, { status: 204, headers: {} }));
        expect(conformance.answers()).toMatchObject([{ operation: "DELETE /notes/{id}", status: "204", count: 2 }]);
        expect(conformance.unseen()).toEqual([
            "notes GET /notes/{id} 200",
            "notes GET /notes/{id} 404",
            "notes PATCH /notes/{id} 204",
            "notes GET /notes/newest 204",
            "notes GET /notes/table 200",
        ]);
    });
});
