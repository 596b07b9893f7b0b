import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { formatCount } from "@/lib/format";
import { locale } from "@/lib/language/language";
import type { UsageDay } from "../api";
import { formatDay } from "../last-days";
import { words } from "../words";

const height = 220;
const dayOfMonth = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
const compact = new Intl.NumberFormat(locale, { notation: "compact" });

function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string) => style.getPropertyValue(name).trim();
    return { requests: read("--accent"), errors: read("--bad"), axis: read("--ink-soft"), line: read("--line"), fill: read("--accent-soft") };
}

function options(width: number): uPlot.Options {
    const { requests, errors, axis, line, fill } = colours();
    const grid = { stroke: line, width: 1 };
    return {
        width,
        height,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        padding: [12, 12, 0, 0],
        scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] } },
        // A day is one of UTC: the axis must not move it into the evening before.
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
        axes: [
            { stroke: axis, grid: { show: false }, ticks: grid, values: (_plot, ticks) => ticks.map((tick) => dayOfMonth.format(tick * 1000)), space: 70 },
            { stroke: axis, grid, ticks: { show: false }, size: 48, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? compact.format(tick) : "")) },
        ],
        series: [
            {},
            { stroke: requests, width: 2, fill, points: { show: false } },
            // Told apart without colour: the errors' line is dashed.
            { stroke: errors, width: 2, dash: [5, 4], points: { show: false } },
        ],
    };
}

/** The days as a picture. The same figures stand in a table beside it; below the cursor's day is read out in words. */
export default function RequestsPlot({ days, summary }: { days: UsageDay[]; summary: string }) {
    const frame = useRef<HTMLDivElement>(null);
    const [shown, setShown] = useState<UsageDay | null>(null);

    useEffect(() => {
        const target = frame.current;
        if (!target) {
            return;
        }
        const data: uPlot.AlignedData = [
            days.map(({ day }) => Date.parse(day) / 1000),
            days.map(({ requests }) => requests),
            days.map(({ errors }) => errors),
        ];
        let plot: uPlot | null = null;
        function draw() {
            plot?.destroy();
            plot = new uPlot({ ...options(target?.clientWidth ?? 600), hooks: { setCursor: [({ cursor }) => setShown(days[cursor.idx ?? -1] ?? null)] } }, data, target ?? undefined);
        }
        draw();
        const width = new ResizeObserver(() => plot?.setSize({ width: target.clientWidth, height }));
        width.observe(target);
        // The canvas knows no style sheet: another theme means another picture.
        const theme = new MutationObserver(draw);
        theme.observe(document.documentElement, { attributeFilter: ["data-theme", "data-area"] });
        return () => {
            width.disconnect();
            theme.disconnect();
            plot?.destroy();
        };
    }, [days]);

    const requests = shown ? shown.requests : days.reduce((sum, day) => sum + day.requests, 0);
    const errors = shown ? shown.errors : days.reduce((sum, day) => sum + day.errors, 0);
    return (
        <>
            <div className="flex flex-wrap items-center gap-x-5 gap-y-1 px-5 pt-4 text-xs text-ink-soft" aria-hidden="true">
                <span className="font-medium text-ink tabular-nums">{shown ? <time>{formatDay(shown.day)}</time> : words.plot.altogether}</span>
                <span className="flex items-center gap-2">
                    <span className="h-0.5 w-5 rounded bg-accent" />
                    {words.requests} <strong className="font-semibold text-ink tabular-nums">{formatCount(requests)}</strong>
                </span>
                <span className="flex items-center gap-2">
                    <span className="w-5 border-t-2 border-dashed border-bad" />
                    {words.errors} <strong className="font-semibold text-ink tabular-nums">{formatCount(errors)}</strong>
                </span>
            </div>
            <div ref={frame} role="img" aria-label={summary} className="h-[220px] w-full overflow-hidden" />
        </>
    );
}
