import { lazy, type ReactNode, Suspense, useState } from "react";
import { asProblem } from "@/lib/api/problem";

const ProofDialog = lazy(() => import("./proof-dialog"));

/**
 * For work that needs a fresh proof of who this is (401 reauthentication_required): asks for one and does the work
 * again. Answers null when the person would rather not.
 */
export function useProof(): { proven: <Result>(work: () => Promise<Result>) => Promise<Result | null>; dialog: ReactNode } {
    const [asking, setAsking] = useState<{ answer(proven: boolean): void } | null>(null);

    async function proven<Result>(work: () => Promise<Result>): Promise<Result | null> {
        try {
            return await work();
        } catch (error) {
            if (asProblem(error).code !== "reauthentication_required") {
                throw error;
            }
        }
        const given = await new Promise<boolean>((answer) => setAsking({ answer }));
        setAsking(null);
        return given ? work() : null;
    }

    return {
        proven,
        dialog: asking && (
            <Suspense>
                <ProofDialog onProven={() => asking.answer(true)} onClose={() => asking.answer(false)} />
            </Suspense>
        ),
    };
}
