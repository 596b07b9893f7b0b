import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useDeferredValue } from "react";
import { common } from "@/lib/language/common";
import { ProblemPanel } from "./problem-panel";

interface QueryViewProps<Data> {
    query: UseQueryResult<Data>;
    /** Shown while nothing is known yet; as high as what follows. */
    skeleton: ReactNode;
    isEmpty?: (data: Data) => boolean;
    /** Nothing there, or nothing that matches: the caller knows which. */
    empty?: ReactNode;
    children(data: Data): ReactNode;
}

/**
 * The five states of a view of server data: loading, empty (or no match), failed, there, and there but being renewed
 * (or no longer renewable), which keeps the old data on the page.
 */
export function QueryView<Data>({ query, skeleton, isEmpty, empty, children }: QueryViewProps<Data>) {
    const { data } = query;
    // The first answer is drawn in slices, behind the skeleton: rows drawn all at once would keep a phone busy for too long.
    const isDrawn = useDeferredValue(data !== undefined);
    if (data === undefined || !isDrawn) {
        return query.isError ? <ProblemPanel error={query.error} retry={() => query.refetch()} /> : skeleton;
    }
    return (
        <div className="relative">
            {query.isFetching && (
                <div className="absolute inset-x-0 top-0 z-10 h-0.5 animate-appear overflow-hidden" aria-hidden="true">
                    <div className="h-full w-1/3 animate-slide bg-accent" />
                </div>
            )}
            {query.isError && !query.isFetching && (
                <p role="status" className="flex flex-wrap items-center gap-x-2 bg-warn-soft px-5 py-2 text-xs text-warn">
                    {common.mayBeOld}
                    <button type="button" className="font-semibold underline" onClick={() => query.refetch()}>
                        {common.tryAgain}
                    </button>
                </p>
            )}
            {isEmpty?.(data) ? empty : children(data)}
        </div>
    );
}
