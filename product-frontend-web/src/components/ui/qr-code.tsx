import { encodeQR } from "qr";
import { useMemo } from "react";

/** A QR code as one path. Dark on white in both themes, with the quiet zone that cameras need. */
export default function QrCode({ text, label }: { text: string; label: string }) {
    const { size, path } = useMemo(() => {
        const rows = encodeQR(text, "raw", { ecc: "medium", border: 2 });
        const squares = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : [])));
        return { size: rows.length, path: squares.join("") };
    }, [text]);
    return (
        <svg
            role="img"
            aria-label={label}
            viewBox={`0 0 ${size} ${size}`}
            shapeRendering="crispEdges"
            className="size-44 rounded-lg border border-line bg-white"
        >
            <path d={path} fill="#000" />
        </svg>
    );
}
