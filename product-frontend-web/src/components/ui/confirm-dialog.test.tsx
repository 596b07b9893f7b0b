// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ConfirmDialog } from "./confirm-dialog";

const onConfirm = vi.fn();
const onClose = vi.fn();

const show = (busy = false) =>
    render(<ConfirmDialog title="Delete the project?" description="Its items stay." action="Delete" busy={busy} onConfirm={onConfirm} onClose={onClose} />);

beforeEach(() => {
    onConfirm.mockClear();
    onClose.mockClear();
});
afterEach(cleanup);

describe("a question before something that cannot be undone", () => {
    it("says what happens, and does it when the act itself is pressed", async () => {
        show();
        const dialog = screen.getByRole("dialog", { name: "Delete the project?", description: "Its items stay." });
        await waitFor(() => expect(dialog.contains(document.activeElement)).toBe(true));
        await userEvent.click(screen.getByRole("button", { name: "Delete" }));
        expect(onConfirm).toHaveBeenCalledTimes(1);
        expect(onClose).not.toHaveBeenCalled();
    });

    it.each([
        ["Cancel", () => userEvent.click(screen.getByRole("button", { name: "Cancel" }))],
        ["Close", () => userEvent.click(screen.getByRole("button", { name: "Close" }))],
        ["Escape", () => userEvent.keyboard("{Escape}")],
    ])("does nothing on %s", async (_name, leave) => {
        show();
        await leave();
        expect(onClose).toHaveBeenCalledTimes(1);
        expect(onConfirm).not.toHaveBeenCalled();
    });

    it("does it once, however often it is pressed while it is under way", async () => {
        show(true);
        const button = screen.getByRole("button", { name: "Delete" });
        expect(button.getAttribute("aria-disabled")).toBe("true");
        await userEvent.click(button);
        expect(onConfirm).not.toHaveBeenCalled();
    });
});
