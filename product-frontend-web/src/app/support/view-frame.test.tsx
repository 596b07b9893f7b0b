// @vitest-environment jsdom
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SupportSession } from "@/lib/api/support-sessions";
import type { SupportView } from "@/lib/session/support-view";
import ViewFrame from "./view-frame";

vi.mock("@/lib/session/browser-session", () => ({ supportView: null }));
vi.mock("./end-view", () => ({ endView: vi.fn() }));

let view: SupportView;
let session: SupportSession | null;
let over: boolean;
let listeners: Set<() => void>;

beforeEach(() => {
    vi.useFakeTimers();
    session = null;
    over = false;
    listeners = new Set();
    view = {
        session: () => session,
        isOver: () => over,
        subscribe: (listener: () => void) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        check: vi.fn(),
        supportEnded: vi.fn(),
    } as unknown as SupportView;
});
afterEach(() => {
    cleanup();
    vi.useRealTimers();
});

function activeFor(seconds: number, mode: "ro" | "rw" = "ro"): void {
    session = {
        org_name: "Acme Robotics",
        agent_name: "Jane D.",
        ticket: "4711",
        reason: "Their list stays empty",
        mode,
        endsAt: performance.now() + seconds * 1000,
    } as SupportSession;
}

const show = () =>
    render(
        <ViewFrame view={view}>
            <p>The customer's page</p>
        </ViewFrame>,
    );
const banner = () => screen.getByRole("region", { name: "Support session" });
const isUrgent = () => banner().className.includes("bg-view-urgent");

describe("the banner of a support session", () => {
    it("is there before the session is known", () => {
        show();
        expect(banner().textContent).toBe("Opening the support session");
    });

    it("says whose pages these are, for what, how far and how long", () => {
        activeFor(872);
        show();
        for (const said of ["Viewing Acme Robotics as support", "14:32", "Read-only", "Jane D.", "4711", "Their list stays empty"]) {
            expect(banner().textContent).toContain(said);
        }
        expect(isUrgent()).toBe(false);
        expect(screen.getByRole("button", { name: "End the session" })).toBeDefined();
    });

    it("says once that five, two and one minutes are left, and is urgent from two on", () => {
        activeFor(303);
        show();
        const said = screen.getByRole("status");
        expect(said.textContent).toBe("");
        act(() => void vi.advanceTimersByTime(4_000));
        expect(said.textContent).toBe("5 minutes of the support session are left");
        expect(isUrgent()).toBe(false);
        act(() => void vi.advanceTimersByTime(180_000));
        expect(said.textContent).toBe("2 minutes of the support session are left");
        expect(isUrgent()).toBe(true);
        act(() => void vi.advanceTimersByTime(60_000));
        expect(said.textContent).toBe("One minute of the support session is left");
        expect(view.supportEnded).not.toHaveBeenCalled();
        act(() => void vi.advanceTimersByTime(60_000));
        expect(view.supportEnded).toHaveBeenCalled();
    });

    it("takes everything of the customer's off the page when the session is over", () => {
        activeFor(600);
        show();
        expect(screen.getByText("The customer's page")).toBeDefined();
        over = true;
        act(() => listeners.forEach((tell) => tell()));
        expect(screen.queryByText("The customer's page")).toBeNull();
        expect(screen.getByRole("heading", { level: 1, name: "The support session is over" })).toBeDefined();
        expect(banner().textContent).not.toContain("Acme");
    });
});
