// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FormFailure } from "./form-failure";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
    cleanup();
    vi.useRealTimers();
});

/** What a screen reader gets of it. */
const announced = () => {
    const copy = screen.getByRole("alert").cloneNode(true) as HTMLElement;
    copy.querySelectorAll("[aria-hidden]").forEach((hidden) => hidden.remove());
    return copy.textContent;
};

describe("what is wrong with a form", () => {
    it("has its place before there is anything to say, so that it is announced", () => {
        const { rerender } = render(<FormFailure />);
        const place = screen.getByRole("alert");
        expect(place.textContent).toBe("");
        rerender(<FormFailure error={{ message: "The name is taken." }} />);
        expect(screen.getByRole("alert")).toBe(place);
        expect(place.textContent).toBe("The name is taken.");
    });

    it("counts down to the next try without announcing each second, and says when it has come", () => {
        const retryAt = performance.now() + 3000;
        render(<FormFailure error={{ type: String(retryAt), message: "Too many requests." }} />);
        expect(screen.getByRole("alert").textContent).toBe("Too many requests. Try again in 0:03.");
        const before = announced();
        act(() => void vi.advanceTimersByTime(1000));
        expect(screen.getByRole("alert").textContent).toBe("Too many requests. Try again in 0:02.");
        expect(announced()).toBe(before);
        act(() => void vi.advanceTimersByTime(2000));
        expect(announced()).toBe("Too many requests. You can try again now.");
    });
});
