import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { words } from "../words";
import { BrandPanel } from "./brand-panel";
import { LanguageChoice } from "./language-choice";

/** On top of a page that waits: gives that page up. Whatever else would leave it is then not offered. */
export const LeavePage = createContext<(() => void) | null>(null);

interface SignInFrameProps {
    title: string;
    intro?: ReactNode;
    children: ReactNode;
}

/** What all pages before signing in look like. Where no field takes the focus, the heading does, and so announces itself. */
export function SignInFrame({ title, intro, children }: SignInFrameProps) {
    const leave = useContext(LeavePage);
    return (
        <div className="grid min-h-dvh bg-surface dark:bg-canvas lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]">
            <title>{`${title} - Phase Zero`}</title>
            <BrandPanel />
            <main className="flex justify-center px-5 py-10 sm:px-8 lg:py-[14dvh]">
                <div className="w-full max-w-sm min-w-0 wrap-anywhere">
                    <p translate="no" className="mb-10 flex items-center gap-2.5 font-semibold tracking-tight lg:hidden">
                        <BrandMark className="size-7" />
                        Phase Zero
                    </p>
                    <Heading key={title} text={title} />
                    {intro && <p className="mt-1 leading-relaxed text-ink-soft">{intro}</p>}
                    {children}
                    {leave ? (
                        <button type="button" onClick={leave} className="mt-6 text-xs text-ink-soft underline underline-offset-4 hover:text-ink">
                            {words.leavePage}
                        </button>
                    ) : (
                        <LanguageChoice />
                    )}
                </div>
            </main>
        </div>
    );
}

function Heading({ text }: { text: string }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        if (document.activeElement === document.body || document.activeElement === null) {
            heading.current?.focus({ preventScroll: true });
        }
    }, []);
    return (
        <h1 ref={heading} tabIndex={-1} className="text-2xl font-semibold tracking-tight">
            {text}
        </h1>
    );
}
