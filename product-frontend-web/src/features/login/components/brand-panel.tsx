import { BrandMark } from "@/components/ui/brand-mark";
import { words } from "../words";

/** The left half of the sign-in page on wide screens. The same in both themes. */
export function BrandPanel() {
    return (
        <aside className="sticky top-0 hidden h-dvh overflow-hidden bg-slate-900 p-12 dark:border-r dark:border-line dark:bg-[#080d19] text-slate-100 lg:flex lg:flex-col lg:justify-between">
            <svg
                aria-hidden="true"
                viewBox="0 0 600 600"
                className="absolute -right-52 -bottom-8 size-[52rem] text-slate-400"
                fill="none"
                stroke="currentColor"
            >
                {[90, 140, 190, 240, 290].map((radius, ring) => (
                    <circle key={radius} cx="300" cy="300" r={radius} strokeOpacity={0.34 - ring * 0.06} />
                ))}
                <circle cx="300" cy="300" r="54" stroke="none" fill="#1e293b" />
                <path d="M300 246a54 54 0 0 1 0 108z" stroke="none" fill="#cbd5e1" />
                <circle cx="390" cy="300" r="7" stroke="none" fill="#a5b4fc" />
                <circle cx="179" cy="230" r="5" stroke="none" fill="#22d3ee" />
                <circle cx="92" cy="180" r="6" stroke="none" fill="#fcd34d" />
                <circle cx="470" cy="130" r="4" stroke="none" fill="#cbd5e1" />
            </svg>
            <p translate="no" className="relative flex items-center gap-3 text-lg font-semibold tracking-tight">
                <BrandMark className="size-8" />
                Phase Zero
            </p>
            <div className="relative max-w-md">
                <p className="text-3xl leading-tight font-semibold tracking-tight text-balance">
                    {words.brandLine}
                </p>
                <p className="mt-4 max-w-sm leading-relaxed text-slate-300">
                    {words.brandText}
                </p>
            </div>
        </aside>
    );
}
