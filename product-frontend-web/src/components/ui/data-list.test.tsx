// @vitest-environment jsdom
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "@/lib/api/problem";
import { DataList } from "./data-list";

interface Page {
    items: string[];
    next_cursor: string | null;
}

let queries: QueryClient;
let answer: ReturnType<typeof vi.fn<() => Promise<Page>>>;
const onClear = vi.fn();
const onPage = vi.fn();

interface ListProps {
    narrowed?: boolean;
    cursor?: string;
}

function List({ narrowed = false, cursor }: ListProps) {
    const query = useQuery({ queryKey: ["rows", cursor], queryFn: answer, retry: false });
    return (
        <DataList
            label="Parts"
            filters={null}
            query={query}
            loading="Loading parts"
            skeletonRows={3}
            narrowed={narrowed}
            noMatch="No part is called that"
            onClear={onClear}
            empty={{ icon: null, title: "No parts yet", text: "Make the first one.", action: <button type="button">New part</button> }}
            caption="All parts"
            headings={[{ label: "Name" }]}
            summary={(count) => `${count} parts`}
            cursor={cursor}
            onPage={onPage}
        >
            {(name) => (
                <tr key={name}>
                    <td>{name}</td>
                </tr>
            )}
        </DataList>
    );
}

function show(props: ListProps = {}) {
    return render(
        <QueryClientProvider client={queries}>
            <List {...props} />
        </QueryClientProvider>,
    );
}

beforeEach(() => {
    queries = new QueryClient();
    answer = vi.fn<() => Promise<Page>>();
    onClear.mockClear();
    onPage.mockClear();
});
afterEach(() => {
    cleanup();
    queries.clear();
});

describe("a list of the server's rows", () => {
    it("says what it waits for, then shows it", async () => {
        const waiting: ((page: Page) => void)[] = [];
        answer.mockReturnValue(new Promise((resolve) => void waiting.push(resolve)));
        show();
        expect(screen.getByRole("status", { name: "Loading parts" })).toBeDefined();
        expect(screen.queryByRole("table")).toBeNull();
        waiting[0]?.({ items: ["Axis", "Belt"], next_cursor: null });
        const table = await screen.findByRole("table", { name: "All parts" });
        expect(within(table).getAllByRole("row")).toHaveLength(3);
        expect(screen.queryByRole("status", { name: "Loading parts" })).toBeNull();
        expect(screen.getByText("2 parts")).toBeDefined();
        expect(screen.queryByRole("button", { name: "Next" })).toBeNull();
    });

    it("leads on by the answer's cursor, and from there back to the beginning", async () => {
        answer.mockResolvedValue({ items: ["Axis"], next_cursor: "c-2" });
        const { unmount } = show();
        await userEvent.click(await screen.findByRole("button", { name: "Next" }));
        expect(onPage).toHaveBeenLastCalledWith("c-2");
        expect((screen.getByRole("button", { name: "First" }) as HTMLButtonElement).disabled).toBe(true);
        unmount();
        answer.mockResolvedValue({ items: ["Belt"], next_cursor: null });
        show({ cursor: "c-2" });
        await userEvent.click(await screen.findByRole("button", { name: "First" }));
        expect(onPage).toHaveBeenLastCalledWith();
        expect((screen.getByRole("button", { name: "Next" }) as HTMLButtonElement).disabled).toBe(true);
    });

    it("offers the first step where there is nothing yet", async () => {
        answer.mockResolvedValue({ items: [], next_cursor: null });
        show();
        expect(await screen.findByRole("heading", { name: "No parts yet" })).toBeDefined();
        expect(screen.getByRole("button", { name: "New part" })).toBeDefined();
        expect(screen.queryByRole("button", { name: "Clear the filters" })).toBeNull();
    });

    it("offers to take the filters away where nothing matches them", async () => {
        answer.mockResolvedValue({ items: [], next_cursor: null });
        show({ narrowed: true });
        expect(await screen.findByRole("heading", { name: "No part is called that" })).toBeDefined();
        expect(screen.queryByRole("button", { name: "New part" })).toBeNull();
        await userEvent.click(screen.getByRole("button", { name: "Clear the filters" }));
        expect(onClear).toHaveBeenCalledTimes(1);
    });

    it("says why it failed and which request to quote, and tries again when asked", async () => {
        answer.mockRejectedValueOnce(new ApiProblem({ status: 503, code: "unavailable", title: "The service is busy", requestId: "r-17" }));
        show();
        const alert = await screen.findByRole("alert");
        expect(within(alert).getByRole("heading", { name: "The service is busy" })).toBeDefined();
        expect(within(alert).getByText("r-17")).toBeDefined();
        expect(within(alert).getByRole("button", { name: "Copy the request id" })).toBeDefined();
        answer.mockResolvedValueOnce({ items: ["Axis"], next_cursor: null });
        await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
        expect(await screen.findByRole("cell", { name: "Axis" })).toBeDefined();
        expect(screen.queryByRole("alert")).toBeNull();
    });

    it("waits with the next try as long as the server asks", async () => {
        const moment = performance.now() + 600_000;
        answer.mockRejectedValueOnce(new ApiProblem({ status: 429, code: "rate_limited", title: "Too many requests", retryAt: moment }));
        show();
        const button = (await screen.findByRole("button", { name: /^Try again in (10:00|9:\d\d)$/ })) as HTMLButtonElement;
        expect(button.disabled).toBe(true);
    });

    it("keeps what it has when it cannot be renewed, and says that it may be old", async () => {
        answer.mockResolvedValueOnce({ items: ["Axis"], next_cursor: null });
        show();
        await screen.findByRole("cell", { name: "Axis" });
        answer.mockRejectedValueOnce(new ApiProblem({ status: 503, code: "unavailable", title: "The service is busy" }));
        await queries.invalidateQueries();
        const said = await screen.findByText(/may be out of date/);
        expect(screen.getByRole("cell", { name: "Axis" })).toBeDefined();
        answer.mockResolvedValueOnce({ items: ["Belt"], next_cursor: null });
        await userEvent.click(within(said).getByRole("button", { name: "Try again" }));
        expect(await screen.findByRole("cell", { name: "Belt" })).toBeDefined();
        await waitFor(() => expect(screen.queryByText(/may be out of date/)).toBeNull());
    });
});
