import { lazy, Suspense } from "react";
import { formatCount, formatDateTime, formatDay } from "@/lib/format";
import { common } from "@/lib/language/common";
import { Skeleton } from "./skeleton";

// The library that draws is loaded beside the page, which waits for nothing of it.
const LinePlot = lazy(() => import("./line-plot"));

export const plotPlaceholder = <Skeleton className="m-5 h-52 animate-appear" />;

export interface PlotPoint {
    at: string;
    values: [number, number];
}

interface PlotLine {
    name: string;
    /** Of all points, as it is said for this kind of figure: a sum, or the most there were. */
    total: number;
    totalName?: string;
    /** Of the second line: trouble, unless it says otherwise. */
    tone?: "bad" | "good";
}

export interface PlotProps {
    /** The same array for the same figures: another one is drawn anew. */
    points: PlotPoint[];
    lines: [PlotLine, PlotLine];
    /** Points are days of UTC; else they are times of the reader's own zone. */
    utc: boolean;
    /** How long all of it is: "30 days". */
    span: string;
    /** The picture in a sentence. */
    summary: string;
}

export const formatPoint = (at: string, utc: boolean): string => (utc ? formatDay(at) : formatDateTime(at));

/** Two lines over time, and the same figures as a table for those who cannot see them. */
export function Plot(plot: PlotProps) {
    const { points, lines, utc } = plot;
    return (
        <>
            <Suspense fallback={plotPlaceholder}>
                <LinePlot {...plot} />
            </Suspense>
            <details className="group border-t border-line">
                <summary className="cursor-pointer px-5 py-3 text-xs font-medium text-ink-soft hover:text-ink">{common.plot.table}</summary>
                <table className="w-full text-left text-xs tabular-nums">
                    <thead className="text-ink-soft">
                        <tr>
                            <th scope="col" className="px-5 py-2 font-medium">
                                {utc ? common.plot.day : common.plot.time}
                            </th>
                            {lines.map(({ name }) => (
                                <th key={name} scope="col" className="px-5 py-2 text-right font-medium">
                                    {name}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {points.toReversed().map(({ at, values }) => (
                            <tr key={at} className="border-t border-line">
                                <th scope="row" className="px-5 py-2 font-normal">
                                    <time dateTime={at}>{formatPoint(at, utc)}</time>
                                </th>
                                <td className="px-5 py-2 text-right">{formatCount(values[0])}</td>
                                <td className="px-5 py-2 text-right">{formatCount(values[1])}</td>
                            </tr>
                        ))}
                    </tbody>
                </table>
            </details>
        </>
    );
}
