import { type ComponentProps, useId } from "react";

interface RadioCardProps extends Omit<ComponentProps<"input">, "id" | "type"> {
    label: string;
    /** What the choice means. */
    text: string;
}

/** One of a few choices that each take a sentence to understand. */
export function RadioCard({ label, text, ...input }: RadioCardProps) {
    const id = useId();
    return (
        <div className="relative flex items-start gap-3 rounded-xl border border-line p-3 has-checked:border-accent has-checked:bg-accent-soft">
            <input {...input} type="radio" id={id} aria-describedby={`${id}-text`} className="relative z-10 mt-0.5 size-4 shrink-0 accent-accent" />
            <div>
                {/* The whole card is the label's to press. */}
                <label htmlFor={id} className="cursor-pointer font-medium after:absolute after:inset-0">
                    {label}
                </label>
                <p id={`${id}-text`} className="text-xs leading-relaxed text-ink-soft">
                    {text}
                </p>
            </div>
        </div>
    );
}
