import { cloneElement, type ReactElement, useState } from "react";
import { classNames } from "@/lib/class-names";

interface ExplainedProps {
    text: string;
    /** A control at the end of its line: the bubble opens above it, towards the start. */
    children: ReactElement<{ "aria-description"?: string }>;
}

/**
 * A control with a sentence about it: above all why it cannot be used. Readers get the sentence as its description;
 * everybody else sees a bubble on hover and on focus, which Escape puts away.
 */
export function Explained({ text, children }: ExplainedProps) {
    const [dismissed, setDismissed] = useState(false);
    return (
        // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it only listens to the control inside
        <span
            className="group relative inline-flex"
            onKeyDown={(event) => event.key === "Escape" && setDismissed(true)}
            onPointerLeave={() => setDismissed(false)}
            onBlur={() => setDismissed(false)}
        >
            {cloneElement(children, { "aria-description": text })}
            <span
                aria-hidden="true"
                className={classNames(
                    "invisible absolute right-0 bottom-full z-20 w-max max-w-64 pb-1.5 opacity-0 transition duration-100",
                    !dismissed && "group-focus-within:visible group-focus-within:opacity-100 group-hover:visible group-hover:opacity-100",
                )}
            >
                <span className="block rounded-lg bg-ink px-2.5 py-1.5 text-left text-xs text-canvas shadow-float">{text}</span>
            </span>
        </span>
    );
}
