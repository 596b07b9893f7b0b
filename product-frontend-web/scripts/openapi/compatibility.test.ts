import { describe, expect, it } from "vitest";
import { compare } from "./compatibility.ts";
import type { Document } from "./documents.ts";

const original: Document = {
    paths: {
        "/notes": {
            post: {
                operationId: "create_note",
                parameters: [{ name: "limit", in: "query", schema: { type: "integer", maximum: 10 } }],
                requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/NoteCreate" } } } },
                responses: {
                    201: {
                        headers: { Location: { required: true } },
                        content: { "application/json": { schema: { $ref: "#/components/schemas/Note" } } },
                    },
                    404: { $ref: "#/components/responses/NotFound" },
                },
                security: [{ bearer: [] }],
                "x-roles": ["admin", "standard"],
                "x-impersonation": "rw",
            },
        },
    },
    components: {
        responses: { NotFound: { headers: { "X-Request-Id": { required: true } } } },
        schemas: {
            NoteCreate: {
                type: "object",
                properties: { text: { type: "string", maxLength: 10 }, color: { type: "string", enum: ["red", "green"] } },
                required: ["text"],
                additionalProperties: false,
            },
            Note: {
                type: "object",
                properties: {
                    id: { type: "string" },
                    color: { type: "string", enum: ["red", "green"] },
                    note: { anyOf: [{ type: "string" }, { type: "null" }] },
                    parent: { anyOf: [{ $ref: "#/components/schemas/Note" }, { type: "null" }] },
                },
                required: ["id", "color"],
            },
        },
    },
};

// oxlint-disable-next-line typescript/no-explicit-any -- a test reaches into the document by name
type Loose = any;

/** What is reported when the document is changed: "!" stands before what breaks. */
function reported(change: (document: Loose, post: Loose, input: Loose, output: Loose) => void): string[] {
    const document = structuredClone(original) as Loose;
    const { NoteCreate, Note } = document.components.schemas;
    change(document, document.paths["/notes"].post, NoteCreate, Note);
    return compare(original, document).map(({ breaking, text }) => (breaking ? `! ${text}` : text));
}

describe("compare", () => {
    it("has nothing to say about the same document", () => {
        expect(reported(() => {})).toEqual([]);
    });

    it("reports operations that come and go", () => {
        expect(reported((document) => delete document.paths["/notes"])).toEqual(["! is gone"]);
        expect(reported((document, post) => (document.paths["/more"] = { get: post }))).toEqual(["is new"]);
        expect(reported((_, post) => (post.operationId = "add_note"))).toHaveLength(1);
    });

    it("reports who may call", () => {
        expect(reported((_, post) => post["x-roles"].pop())).toEqual(["! refuses the role standard"]);
        expect(reported((_, post) => post["x-roles"].push("support_agent"))).toEqual(["admits the role support_agent"]);
        expect(reported((_, post) => (post["x-impersonation"] = "deny"))).toEqual(["! its impersonation rule was rw and is deny"]);
        expect(reported((_, post) => (post["x-impersonation"] = "ro"))).toEqual(["its impersonation rule was rw and is ro"]);
        expect(compareAccess([], [{ bearer: [] }])).toEqual(["! needs a token now"]);
        expect(compareAccess([{ bearer: [] }], [])).toEqual(["needs no token any more"]);
    });

    it("lets a request accept more, never less", () => {
        expect(reported((_, __, input) => (input.properties.more = {}))).toEqual(["input.more is new"]);
        expect(
            reported((_, __, input) => {
                input.properties.more = {};
                input.required.push("more");
            }),
        ).toEqual(["! input.more is new and required"]);
        expect(reported((_, __, input) => delete input.properties.color)).toEqual(["! input.color is gone"]);
        expect(reported((_, __, input) => input.required.pop())).toEqual(["input.text is optional now"]);
        expect(reported((_, __, input) => (input.properties.text.maxLength = 9))).toEqual(["! input.text maxLength was 10 and is 9"]);
        expect(reported((_, __, input) => (input.properties.text.maxLength = 11))).toEqual(["input.text maxLength was 10 and is 11"]);
        expect(reported((_, __, input) => (input.properties.text.minLength = 1))[0]).toMatch(/^!/);
        expect(reported((_, __, input) => (input.properties.text.type = "integer"))[0]).toMatch(/^! input.text: type was/);
        expect(reported((_, __, input) => input.properties.color.enum.pop())).toEqual(['! input.color is never "green" any more']);
        expect(reported((_, __, input) => input.properties.color.enum.push("blue"))).toEqual(['input.color may be "blue"']);
    });

    it("reports parameters", () => {
        expect(reported((_, post) => (post.parameters = []))).toEqual(["! query parameter limit is gone"]);
        expect(reported((_, post) => (post.parameters[0].required = true))).toEqual(["! query parameter limit is required now"]);
        expect(reported((_, post) => (post.parameters[0].schema.maximum = 5))[0]).toMatch(/^! query parameter limit maximum/);
        expect(reported((_, post) => post.parameters.push({ name: "q", in: "query" }))).toEqual(["query parameter q is new"]);
        expect(reported((_, post) => post.parameters.push({ name: "q", in: "query", required: true }))[0]).toMatch(/^!/);
    });

    it("lets an answer say more, never less", () => {
        expect(reported((_, __, ___, output) => (output.properties.more = {}))).toEqual(["answer.more is new"]);
        expect(reported((_, __, ___, output) => delete output.properties.id)).toEqual(["! answer.id is gone"]);
        expect(reported((_, __, ___, output) => output.required.pop())).toEqual(["! answer.color may be absent"]);
        expect(reported((_, __, ___, output) => output.properties.color.enum.push("blue"))).toEqual(['answer.color may be "blue"']);
        expect(reported((_, __, ___, output) => (output.properties.id = { anyOf: [{ type: "string" }, { type: "null" }] }))).toEqual([
            "! answer.id may be null",
        ]);
        expect(reported((_, __, ___, output) => (output.properties.note = { type: "string" }))).toEqual(["answer.note may not be null"]);
    });

    it("reports a component once, under its own name", () => {
        const document = structuredClone(original) as Loose;
        const { post } = document.paths["/notes"];
        document.paths["/notes"].put = structuredClone(post);
        const later = structuredClone(document) as Loose;
        delete later.components.schemas.Note.properties.id;
        delete later.components.responses.NotFound.headers;
        expect(compare(document, later)).toEqual([
            { where: "Note", text: "answer.id is gone", breaking: true },
            { where: "NotFound", text: "answer has no header X-Request-Id any more", breaking: true },
        ]);
    });

    it("reports statuses, headers and content types", () => {
        expect(reported((_, post) => delete post.responses[404])).toEqual(["! does not answer 404 any more"]);
        expect(reported((_, post) => (post.responses[409] = {}))).toEqual(["may answer 409"]);
        expect(reported((_, post) => (post.responses[202] = {}))).toEqual(["! may answer 202"]);
        expect(reported((_, post) => (post.responses[304] = {}))).toEqual(["may answer 304"]);
        expect(reported((_, post) => (post.responses[201].headers = {}))).toEqual(["! 201 has no header Location any more"]);
        expect(reported((_, post) => (post.responses[201].headers.Location.required = false)))
            .toEqual(["! 201 may lack the header Location"]);
        expect(reported((_, post) => (post.requestBody.content["text/csv"] = {}))).toEqual(["body may be text/csv"]);
        expect(reported((_, post) => (post.responses[201].content = {}))).toEqual(["! 201 is not application/json any more"]);
    });
});

function compareAccess(before: unknown[], now: unknown[]): string[] {
    const [one, other] = [structuredClone(original) as Loose, structuredClone(original) as Loose];
    one.paths["/notes"].post.security = before;
    other.paths["/notes"].post.security = now;
    return compare(one, other).map(({ breaking, text }) => (breaking ? `! ${text}` : text));
}
