import { describe, expect, it } from "vitest";
import { readParameters, scopeMeanings } from "./parameters";

describe("readParameters", () => {
    it("keeps every value as it was written", () => {
        const search = "?state=1e3&nonce=12345678901234567890&scope=openid%20api&redirect_uri=https%3A%2F%2Fapp.example%2F%3Fa%3Db&prompt=";
        expect(readParameters(search)).toEqual({
            state: "1e3",
            nonce: "12345678901234567890",
            scope: "openid api",
            redirect_uri: "https://app.example/?a=b",
            prompt: "",
        });
    });

    it("drops what is no parameter of a request", () => {
        expect(readParameters("?client_id=app&client_name=Bank&__proto__=x")).toEqual({ client_id: "app" });
    });
});

describe("scopeMeanings", () => {
    it("has words for each scope that a client can be given", () => {
        expect(scopeMeanings("openid profile email api")).toHaveLength(4);
        expect(scopeMeanings("toString unknown")).toEqual([]);
    });
});
