import { type ReactNode, useId } from "react";
import { Card } from "@/components/ui/card";

interface SectionProps {
    title: string;
    text?: ReactNode;
    children: ReactNode;
}

/** One thing to set, with what it is for. */
export function Section({ title, text, children }: SectionProps) {
    const id = useId();
    return (
        <Card aria-labelledby={id} className="mb-5 last:mb-0">
            <div className="border-b border-line px-5 py-4">
                <h2 id={id} className="font-semibold">
                    {title}
                </h2>
                {text && <p className="mt-1 leading-relaxed text-ink-soft">{text}</p>}
            </div>
            {children}
        </Card>
    );
}
