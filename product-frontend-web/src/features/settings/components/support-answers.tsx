import { Check, Square, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { asProblem } from "@/lib/api/problem";
import type { SupportSession } from "@/lib/api/support-sessions";
import { type SupportStep, useTakeSupportStep } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.supportAccess;

const dones = { approve: words.approved, deny: words.denied, end: words.ended } as const;

/** Letting in and refusing take one press, as refusing can be asked again; an end is confirmed, as work may be lost. */
export default function SupportAnswers({ session }: { session: SupportSession }) {
    const take = useTakeSupportStep();
    const [ending, setEnding] = useState(false);
    const agent = session.agent_name ?? "";

    // By the answer, the row may be gone, and with it whoever would hear of a mutation's end.
    async function go(step: SupportStep) {
        try {
            await take.mutateAsync({ id: session.id, step });
            notify({ title: dones[step] });
        } catch (error) {
            if (asProblem(error).code === "wrong_state") {
                notify({ title: words.notDone, description: words.changedMeanwhile, tone: "bad" });
            } else {
                notifyProblem(words.notDone, error);
            }
        }
        setEnding(false);
    }

    if (session.state === "pending") {
        return (
            <>
                <Button tone="primary" className="h-9 px-3" busy={take.isPending} aria-label={words.approveOf(agent)} onClick={() => go("approve")}>
                    <Check className="size-4" aria-hidden="true" />
                    {words.approve}
                </Button>
                <Button className="h-9 px-3" busy={take.isPending} aria-label={words.denyOf(agent)} onClick={() => go("deny")}>
                    <X className="size-4" aria-hidden="true" />
                    {words.deny}
                </Button>
            </>
        );
    }
    return (
        <>
            <Button tone="danger" className="h-9 px-3" aria-label={words.endOf(agent)} onClick={() => setEnding(true)}>
                <Square className="size-3.5 fill-current" aria-hidden="true" />
                {words.end}
            </Button>
            {ending && (
                <ConfirmDialog
                    title={words.endTitle(agent)}
                    description={words.endText}
                    action={words.endAction}
                    busy={take.isPending}
                    onConfirm={() => go("end")}
                    onClose={() => setEnding(false)}
                />
            )}
        </>
    );
}
