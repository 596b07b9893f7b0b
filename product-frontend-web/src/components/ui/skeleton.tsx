import { classNames } from "@/lib/class-names";

/** A grey bar in the place of text to come. Its wrapper fades in only after 150 ms, so quick answers never flash. */
export function Skeleton({ className }: { className?: string }) {
    return <span className={classNames("block h-4 animate-shimmer rounded bg-line", className)} />;
}

/** Rows of a list to come, of the height that the rows will have. */
export function SkeletonRows({ rows, label }: { rows: number; label: string }) {
    return (
        <div role="status" aria-label={label} className="animate-appear divide-y divide-line">
            {Array.from({ length: rows }, (_, row) => (
                <div key={row} className="flex h-14 items-center gap-6 px-5">
                    <Skeleton className={row % 3 === 0 ? "w-2/5" : row % 3 === 1 ? "w-1/2" : "w-1/3"} />
                    <Skeleton className="ml-auto hidden w-20 sm:block" />
                    <Skeleton className="w-16" />
                </div>
            ))}
        </div>
    );
}
