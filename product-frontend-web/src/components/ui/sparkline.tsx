const width = 84;
const height = 24;

/** The shape of a few figures, small enough for a table's cell; the figure itself stands beside it, in words. */
export function Sparkline({ values }: { values: number[] }) {
    const most = Math.max(1, ...values);
    const x = (index: number) => (index * (width - 2)) / Math.max(1, values.length - 1) + 1;
    const y = (value: number) => height - 2 - (value / most) * (height - 4);
    const line = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    return (
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true" className="shrink-0 text-accent">
            <polygon points={`${line} ${width - 1},${height} 1,${height}`} fill="currentColor" opacity="0.12" />
            <polyline points={line} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" />
        </svg>
    );
}
