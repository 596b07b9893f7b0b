/** Hands a file to the browser's downloads. */
export function saveFile(name: string, type: string, ...content: BlobPart[]): void {
    const address = URL.createObjectURL(new Blob(content, { type }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    // The download has begun by then; at once would take it away from some browsers.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
