import { saveFile } from "./save-file";

declare global {
    interface Window {
        /** Not in every browser. */
        showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle & { remove?(): Promise<void> }>;
    }
}

interface Saving {
    name: string;
    type: string;
    /** What is saved; asked for when the person has said where to. */
    open(): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
    /** How many bytes have come. */
    onProgress(bytes: number): void;
    signal: AbortSignal;
}

/**
 * Saves what comes in pieces: to a file of the person's choosing as it comes, so that memory does not grow with it; where the
 * browser has no such files, by its downloads at the end. Of what breaks off or is aborted nothing is kept. False when the
 * person would rather not say where to. Has to be called while a press is handled.
 */
export async function saveStream({ name, type, open, onProgress, signal }: Saving): Promise<boolean> {
    const file = await window.showSaveFilePicker?.({ suggestedName: name }).catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "AbortError") {
            return null;
        }
        throw error;
    });
    if (file === null) {
        return false;
    }
    let bytes = 0;
    const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
        transform(piece, controller) {
            bytes += piece.byteLength;
            onProgress(bytes);
            controller.enqueue(piece);
        },
    });
    try {
        const pieces = (await open()).pipeThrough(counting, { signal });
        if (file) {
            await pieces.pipeTo(await file.createWritable(), { signal });
        } else {
            saveFile(name, type, await new Response(pieces).blob());
        }
    } catch (error) {
        // The dialog made the file, and it is empty.
        await file?.remove?.().catch(() => undefined);
        throw error;
    }
    return true;
}
