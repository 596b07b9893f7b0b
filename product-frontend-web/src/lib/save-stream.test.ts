// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { saveStream } from "./save-stream";

const piece = (text: string) => new TextEncoder().encode(text);

/** A stream of these pieces, which then ends, or fails. */
function pieces(texts: string[], failure?: Error) {
    const left = [...texts];
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
            const next = left.shift();
            if (next !== undefined) {
                controller.enqueue(piece(next));
            } else if (failure) {
                controller.error(failure);
            } else {
                controller.close();
            }
        },
    });
}

describe("saving a stream to a file", () => {
    let content: string;
    let closed: boolean;
    let aborted: boolean;
    const remove = vi.fn(async () => undefined);
    const onProgress = vi.fn();

    beforeEach(() => {
        content = "";
        closed = aborted = false;
        remove.mockClear();
        onProgress.mockClear();
        const createWritable = async () =>
            new WritableStream<Uint8Array>({
                write: (chunk) => void (content += new TextDecoder().decode(chunk)),
                close: () => void (closed = true),
                abort: () => void (aborted = true),
            });
        window.showSaveFilePicker = async () => ({ createWritable, remove }) as unknown as FileSystemFileHandle;
    });
    afterEach(() => {
        delete window.showSaveFilePicker;
    });

    const save = (stream: ReadableStream<Uint8Array<ArrayBuffer>>, signal = new AbortController().signal) =>
        saveStream({ name: "a.tar", type: "application/x-tar", open: async () => stream, onProgress, signal });

    it("writes piece by piece, and counts", async () => {
        expect(await save(pieces(["one", "three"]))).toBe(true);
        expect({ content, closed }).toEqual({ content: "onethree", closed: true });
        expect(onProgress.mock.calls).toEqual([[3], [8]]);
        expect(remove).not.toHaveBeenCalled();
    });

    it("keeps nothing of what breaks off", async () => {
        await expect(save(pieces(["one"], new TypeError("network error")))).rejects.toThrow("network error");
        expect({ closed, aborted }).toEqual({ closed: false, aborted: true });
        expect(remove).toHaveBeenCalledTimes(1);
    });

    it("asks for nothing when no file is chosen", async () => {
        window.showSaveFilePicker = () => Promise.reject(new DOMException("The user aborted a request.", "AbortError"));
        const open = vi.fn();
        expect(await saveStream({ name: "a.tar", type: "", open, onProgress, signal: new AbortController().signal })).toBe(false);
        expect(open).not.toHaveBeenCalled();
    });
});
