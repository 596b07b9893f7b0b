import { Tooltip } from "@base-ui/react/tooltip";
import type { ReactElement } from "react";

/** A control with a sentence about it, on hover and on focus: above all why a button cannot be used. */
export function Explained({ text, children }: { text: string; children: ReactElement }) {
    return (
        <Tooltip.Provider delay={200}>
            <Tooltip.Root>
                <Tooltip.Trigger render={children} aria-description={text} />
                <Tooltip.Portal>
                    <Tooltip.Positioner sideOffset={6} className="z-50">
                        <Tooltip.Popup className="max-w-64 rounded-lg bg-ink px-2.5 py-1.5 text-xs text-canvas shadow-float transition duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0">
                            {text}
                        </Tooltip.Popup>
                    </Tooltip.Positioner>
                </Tooltip.Portal>
            </Tooltip.Root>
        </Tooltip.Provider>
    );
}
