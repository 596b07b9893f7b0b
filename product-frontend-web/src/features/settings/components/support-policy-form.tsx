import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Field, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { RadioCard } from "@/components/ui/radio-card";
import { notify } from "@/components/ui/toasts";
import { type ApiProblem, asProblem } from "@/lib/api/problem";
import type { OrgSupportPolicy, SupportPolicy } from "@/lib/api/support-access";
import { formatDate } from "@/lib/format";
import { useSetSupportPolicy } from "../api";
import { words as settingWords } from "../words";

const words = settingWords.supportAccess;

const policies = ["open", "notify", "approval", "window", "deny"] as const satisfies readonly SupportPolicy[];
const longestWindowDays = 89;

/** A day of this browser's time zone, as <input type="date"> writes it. */
function dayIn(days: number): string {
    const at = new Date();
    at.setDate(at.getDate() + days);
    return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
}

function dayOf(iso: string | null): string {
    return iso ? dayIn(Math.round((new Date(iso).setHours(12) - new Date().setHours(12)) / 86_400_000)) : dayIn(7);
}

const endOf = (day: string): string => new Date(`${day}T23:59:59`).toISOString();

interface SupportPolicyFormProps {
    known: OrgSupportPolicy;
    openSessions: number;
}

/** What the organization allows from now on; closing it while somebody is in is confirmed. */
export default function SupportPolicyForm({ known, openSessions }: SupportPolicyFormProps) {
    const save = useSetSupportPolicy();
    const [policy, setPolicy] = useState(known.policy);
    const [until, setUntil] = useState(() => dayOf(known.window_until));
    const [problem, setProblem] = useState<ApiProblem | null>(null);
    const [confirming, setConfirming] = useState(false);
    const changed = policy !== known.policy || (policy === "window" && until !== dayOf(known.window_until));

    async function put() {
        setProblem(null);
        try {
            await save.mutateAsync(policy === "window" ? { policy, window_until: endOf(until) } : { policy });
            notify({ title: words.saved });
        } catch (error) {
            setProblem(asProblem(error));
        }
        setConfirming(false);
    }

    function submit(event: FormEvent) {
        event.preventDefault();
        if (policy === "deny" && openSessions > 0) {
            setConfirming(true);
        } else {
            void put();
        }
    }

    const windowProblem = problem?.fields.some(({ loc }) => loc === "body.window_until");
    return (
        <form onSubmit={submit} noValidate className="grid gap-5 p-5">
            <fieldset className="grid gap-2">
                <legend className="sr-only">{words.policy}</legend>
                {policies.map((each) => (
                    <RadioCard
                        key={each}
                        label={words.policies[each]}
                        text={words.policyTexts[each]}
                        name="policy"
                        value={each}
                        checked={policy === each}
                        onChange={() => setPolicy(each)}
                    />
                ))}
            </fieldset>
            {policy === "window" && (
                <Field label={words.until} hint={words.untilHint} error={windowProblem ? words.untilWrong : undefined}>
                    {(control) => (
                        <TextInput
                            {...control}
                            type="date"
                            value={until}
                            min={dayIn(0)}
                            max={dayIn(longestWindowDays)}
                            onChange={({ target }) => target.value && setUntil(target.value)}
                            className="sm:w-56"
                        />
                    )}
                </Field>
            )}
            <p className="text-xs leading-relaxed text-ink-soft">{words.writeText}</p>
            <FormFailure>{problem && !windowProblem && (problem.detail ?? problem.title)}</FormFailure>
            <div className="flex flex-wrap items-center justify-between gap-3">
                <p className="text-xs text-ink-soft">{known.updated_at && words.changedOn(formatDate(known.updated_at))}</p>
                <Button type="submit" tone="primary" busy={save.isPending} disabled={!changed}>
                    {settingWords.save}
                </Button>
            </div>
            {confirming && (
                <ConfirmDialog
                    title={words.denyTitle}
                    description={words.denyText(openSessions)}
                    action={words.denyAction}
                    busy={save.isPending}
                    onConfirm={put}
                    onClose={() => setConfirming(false)}
                />
            )}
        </form>
    );
}
