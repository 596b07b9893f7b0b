// @vitest-environment jsdom
import type { UseQueryResult } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { useLayoutEffect } from "react";
import { expect, it } from "vitest";
import { QueryView } from "./query-view";

const answered = (data: string[] | undefined) => ({ data, isFetching: false, isError: false }) as UseQueryResult<string[]>;

it("draws the first answer behind the skeleton, and a later one at once", () => {
    const seen: string[] = [];
    function Waiting() {
        useLayoutEffect(() => {
            seen.push("skeleton");
        });
        return <p>wait</p>;
    }
    const view = (data: string[] | undefined) => (
        <QueryView query={answered(data)} skeleton={<Waiting />}>
            {(rows) => {
                seen.push(rows.join(" "));
                return <p>{rows.join(" ")}</p>;
            }}
        </QueryView>
    );
    const { rerender } = render(view(undefined));
    rerender(view(["first"]));
    // Seen once more with the answer there: what follows is drawn apart from it, in slices.
    expect(seen).toEqual(["skeleton", "skeleton", "first"]);
    rerender(view(["second"]));
    expect(seen.slice(3)).toEqual(["second"]);
    expect(screen.getByText("second")).toBeTruthy();
});
