import { Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { openArchive } from "@/lib/api/archive";
import { ApiProblem } from "@/lib/api/problem";
import { formatBytes } from "@/lib/format";
import { common } from "@/lib/language/common";
import { saveStream } from "@/lib/save-stream";
import { Button } from "../ui/button";
import { FormFailure } from "../ui/form-failure";
import { words } from "./words";

interface ArchiveExportProps {
    /** Without one, the caller's own organization. */
    id?: string;
    slug: string;
}

/** What went wrong, as FormFailure shows it: in the service's words where it refused, in ours where the archive broke off. */
function failureOf(error: unknown): { message: string; type?: string } {
    if (!(error instanceof ApiProblem)) {
        return { message: words.brokeOff };
    }
    const { title, detail, requestId, retryAt } = error;
    const reference = requestId ? ` ${common.requestReference(requestId)}` : "";
    return { message: `${[title, detail].filter(Boolean).join(": ").replace(/\.$/, "")}.${reference}`, ...(retryAt === undefined ? {} : { type: String(retryAt) }) };
}

/** Says what an archive of the organization has, and saves one, with progress and a way to stop. */
export function ArchiveExport({ id, slug }: ArchiveExportProps) {
    const [running, setRunning] = useState<AbortController | null>(null);
    const [bytes, setBytes] = useState(0);
    const [outcome, setOutcome] = useState("");
    const [failure, setFailure] = useState<{ message: string; type?: string }>();
    // Leaving the page stops it: nobody would see how it ends.
    const stop = useRef<AbortController>(null);
    useEffect(() => () => stop.current?.abort(), []);

    async function save() {
        const controller = new AbortController();
        const { signal } = controller;
        stop.current = controller;
        let written = 0;
        setRunning(controller);
        setBytes(0);
        setOutcome("");
        setFailure(undefined);
        try {
            const saved = await saveStream({
                name: `${slug}-${new Date().toISOString().slice(0, 10)}.tar`,
                type: "application/x-tar",
                open: () => openArchive(id, signal),
                onProgress: (sofar) => {
                    written = sofar;
                    setBytes(sofar);
                },
                signal,
            });
            setOutcome(saved ? words.done(formatBytes(written)) : "");
        } catch (error) {
            if (signal.aborted) {
                setOutcome(words.stopped);
            } else {
                setFailure(failureOf(error));
            }
        }
        setRunning(null);
    }

    return (
        <div className="grid gap-4 p-5">
            <p className="max-w-2xl leading-relaxed text-ink-soft">
                {words.text} {words.left}
            </p>
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
                <Button busy={running !== null} onClick={save}>
                    <Download className="size-4" aria-hidden="true" />
                    {words.action}
                </Button>
                {running && <Button onClick={() => running.abort()}>{common.cancel}</Button>}
                <p role="status">{running ? words.preparing : outcome}</p>
                {/* Seen, not read out piece by piece. */}
                {running && bytes > 0 && (
                    <p aria-hidden="true" className="text-ink-soft tabular-nums">
                        {words.soFar(formatBytes(bytes))}
                    </p>
                )}
            </div>
            <FormFailure error={failure} />
        </div>
    );
}
