import type { ReactNode } from "react";
import { Card } from "./card";

interface FigureTileProps {
    label: string;
    value: ReactNode;
    /** What the figure is to be seen against. */
    note?: ReactNode;
}

/** One number that matters, large. */
export function FigureTile({ label, value, note }: FigureTileProps) {
    return (
        <Card className="p-5">
            <h2 className="text-xs font-medium text-ink-soft">{label}</h2>
            <p translate="no" className="mt-1.5 text-2xl font-semibold tracking-tight tabular-nums">{value}</p>
            {note && <p className="mt-1 text-xs text-ink-soft">{note}</p>}
        </Card>
    );
}
