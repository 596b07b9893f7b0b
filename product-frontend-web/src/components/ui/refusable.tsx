import { cloneElement, type MouseEvent, type ReactElement } from "react";
import { Explained } from "./explained";

interface RefusableProps {
    /** Why the control cannot be used, or null when it can. */
    refusal: string | null;
    children: ReactElement<{ "aria-disabled"?: boolean; "aria-description"?: string; title?: string; onClick?(event: MouseEvent): void }>;
}

/** A button that may have to be refused: then it stays where it is, can be reached, does nothing and says why. */
export function Refusable({ refusal, children }: RefusableProps) {
    if (refusal === null) {
        return children;
    }
    const refused = cloneElement(children, { "aria-disabled": true, title: "", onClick: (event) => event.preventDefault() });
    return <Explained text={refusal}>{refused}</Explained>;
}
