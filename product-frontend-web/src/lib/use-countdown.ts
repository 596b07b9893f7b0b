import { useSyncExternalStore } from "react";

function everyQuarterSecond(listener: () => void): () => void {
    const timer = setInterval(listener, 250);
    return () => clearInterval(timer);
}
const never = () => () => {};

/** Whole seconds left until a moment on the performance.now() clock; 0 when it is past or there is none. */
export function useCountdown(moment: number | undefined): number {
    return useSyncExternalStore(moment === undefined ? never : everyQuarterSecond, () =>
        moment === undefined ? 0 : Math.max(0, Math.ceil((moment - performance.now()) / 1000)),
    );
}
