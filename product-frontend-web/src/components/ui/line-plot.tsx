import "uplot/dist/uPlot.min.css";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import { formatCount } from "@/lib/format";
import { locale } from "@/lib/language/language";
import { formatPoint, type PlotPoint, type PlotProps } from "./plot";

const height = 220;
const dayMs = 86_400_000;
const dayOf = (timeZone: string | undefined) => new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone });
const utcDay = dayOf("UTC");
const localDay = dayOf(undefined);
const localHour = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const compact = new Intl.NumberFormat(locale, { notation: "compact" });

function colours(second: "bad" | "good") {
    const style = getComputedStyle(document.documentElement);
    const read = (name: string) => style.getPropertyValue(name).trim();
    return { first: read("--accent"), second: read(`--${second}`), axis: read("--ink-soft"), line: read("--line"), fill: read("--accent-soft") };
}

function axisFormat(points: PlotPoint[], utc: boolean): Intl.DateTimeFormat {
    if (utc) {
        return utcDay;
    }
    const span = Date.parse(points.at(-1)?.at ?? "") - Date.parse(points[0]?.at ?? "");
    return span <= 2 * dayMs ? localHour : localDay;
}

function options(width: number, points: PlotPoint[], utc: boolean, tone: "bad" | "good"): uPlot.Options {
    const { first, second, axis, line, fill } = colours(tone);
    const grid = { stroke: line, width: 1 };
    const format = axisFormat(points, utc);
    return {
        width,
        height,
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
        padding: [12, 12, 0, 0],
        scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.1)] } },
        // A day is one of UTC: the axis must not move it into the evening before.
        ...(utc ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), "UTC") } : {}),
        axes: [
            { stroke: axis, grid: { show: false }, ticks: grid, values: (_plot, ticks) => ticks.map((tick) => format.format(tick * 1000)), space: 70 },
            { stroke: axis, grid, ticks: { show: false }, size: 48, values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? compact.format(tick) : "")) },
        ],
        series: [
            {},
            { stroke: first, width: 2, fill, points: { show: false } },
            // Told apart without colour: the second line is dashed.
            { stroke: second, width: 2, dash: [5, 4], points: { show: false } },
        ],
    };
}

/** The picture alone; plot.tsx loads it and stands the figures beside it. What the cursor is on is read out in words. */
export default function LinePlot({ points, lines, utc, span, summary }: PlotProps) {
    const frame = useRef<HTMLDivElement>(null);
    const tone = lines[1].tone ?? "bad";
    const [shown, setShown] = useState<PlotPoint | null>(null);

    useEffect(() => {
        const target = frame.current;
        if (!target) {
            return;
        }
        const data: uPlot.AlignedData = [points.map(({ at }) => Date.parse(at) / 1000), points.map(({ values }) => values[0]), points.map(({ values }) => values[1])];
        let plot: uPlot | null = null;
        function draw() {
            plot?.destroy();
            plot = new uPlot(
                { ...options(target?.clientWidth ?? 600, points, utc, tone), hooks: { setCursor: [({ cursor }) => setShown(points[cursor.idx ?? -1] ?? null)] } },
                data,
                target ?? undefined,
            );
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
    }, [points, utc, tone]);

    return (
        <>
            <div className="flex flex-wrap items-center gap-x-5 gap-y-1 px-5 pt-4 text-xs text-ink-soft" aria-hidden="true">
                <span className="font-medium text-ink tabular-nums">{shown ? <time>{formatPoint(shown.at, utc)}</time> : span}</span>
                {lines.map(({ name, total, totalName }, index) => (
                    <span key={name} className="flex items-center gap-2">
                        <span className={index === 0 ? "h-0.5 w-5 rounded bg-accent" : tone === "bad" ? "w-5 border-t-2 border-dashed border-bad" : "w-5 border-t-2 border-dashed border-good"} />
                        {shown ? name : (totalName ?? name)}{" "}
                        <strong className="font-semibold text-ink tabular-nums">{formatCount(shown ? (shown.values[index] ?? 0) : total)}</strong>
                    </span>
                ))}
            </div>
            <div ref={frame} role="img" aria-label={summary} className="h-[220px] w-full overflow-hidden" />
        </>
    );
}
