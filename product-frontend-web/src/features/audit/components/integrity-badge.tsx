import { useEffect, useRef, useState } from "react";
import { ShieldAlert, ShieldCheck, ShieldQuestion } from "lucide-react";
import { Button } from "@/components/ui/button";
import { notifyProblem } from "@/components/ui/toasts";
import { formatCount, formatShare } from "@/lib/format";
import { wordFor } from "@/lib/language/common";
import { type Integrity, type Log, verifyLog } from "../api";
import { words } from "../words";

/** Whether the chain agrees with itself, as far as the service can tell: asked for by hand, as it reads every event. */
export function IntegrityBadge({ log }: { log: Log }) {
    const [part, setPart] = useState<number | null>(null);
    const [found, setFound] = useState<Integrity | null>(null);
    const running = useRef<AbortController | null>(null);
    useEffect(() => () => running.current?.abort(), []);

    async function verify() {
        const work = new AbortController();
        running.current = work;
        setFound(null);
        setPart(0);
        try {
            setFound(await verifyLog(log, setPart, work.signal));
        } catch (error) {
            if (!work.signal.aborted) {
                notifyProblem(words.notVerified, error);
            }
        }
        setPart(null);
    }

    return (
        <div className="flex flex-wrap items-center gap-2">
            <p role="status" className="text-xs">
                {part !== null && <span className="text-ink-soft">{words.verifying(formatShare(part))}</span>}
                {found?.breach && (
                    <span className="inline-flex items-center gap-1.5 rounded-full bg-bad-soft px-2.5 py-1 font-medium text-bad">
                        <ShieldAlert className="size-3.5" aria-hidden="true" />
                        {words.broken(formatCount(found.breach.seq))}: {wordFor(words.breaches, found.breach.kind)}
                    </span>
                )}
                {found && !found.breach && (
                    <span className="inline-flex items-center gap-1.5 rounded-full bg-good-soft px-2.5 py-1 font-medium text-good">
                        <ShieldCheck className="size-3.5" aria-hidden="true" />
                        {words.intact(formatCount(found.events))}, {found.signedTo === null ? words.unsigned : words.signedTo(formatCount(found.signedTo))}
                    </span>
                )}
            </p>
            <Button busy={part !== null} onClick={verify}>
                <ShieldQuestion className="size-4" aria-hidden="true" />
                {words.verify}
            </Button>
        </div>
    );
}
