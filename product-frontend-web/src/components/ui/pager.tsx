import { ChevronLeft, ChevronRight } from "lucide-react";
import { common } from "@/lib/language/common";
import { Button } from "./button";

interface PagerProps {
    /** What the page shows, for example "20 items". */
    summary: string;
    onFirst?: (() => void) | undefined;
    onNext?: (() => void) | undefined;
}

/** Forward by cursor, back to the start: a keyset has no page numbers, and the browser's Back goes one page back. */
export function Pager({ summary, onFirst, onNext }: PagerProps) {
    return (
        <nav aria-label={common.pages} className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-5 py-3">
            <p className="text-xs text-ink-soft tabular-nums">{summary}</p>
            {(onFirst || onNext) && (
                <div className="flex flex-wrap gap-2">
                    <Button onClick={onFirst} disabled={!onFirst} className="h-9 px-3">
                        <ChevronLeft className="size-4" aria-hidden="true" />
                        {common.first}
                    </Button>
                    <Button onClick={onNext} disabled={!onNext} className="h-9 px-3">
                        {common.next}
                        <ChevronRight className="size-4" aria-hidden="true" />
                    </Button>
                </div>
            )}
        </nav>
    );
}
