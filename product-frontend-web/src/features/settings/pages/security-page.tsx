import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useProof } from "@/components/proof/use-proof";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Dialog } from "@/components/ui/dialog";
import { Explained } from "@/components/ui/explained";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { notify, notifyProblem } from "@/components/ui/toasts";
import { queryKeys } from "@/lib/api/keys";
import { mfaQuery } from "@/lib/api/mfa";
import { formatDate } from "@/lib/format";
import { beginTotp, dropTotp, type MfaState, renewRecoveryCodes, type TotpEnrolment } from "../api";
import { RecoveryCodes } from "../components/recovery-codes";
import { Section } from "../components/section";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.security;

// The libraries of forms are as large as the rest of the page: it is there before them.
const PasswordForm = lazy(() => import("../components/password-form"));
const EnrolDialog = lazy(() => import("../components/enrol-dialog"));

export function SecurityPage() {
    const mfa = useQuery(mfaQuery);
    return (
        <SettingsFrame title={words.title} intro={words.intro}>
            <Section title={words.password} text={words.passwordText}>
                <Suspense fallback={<SkeletonRows rows={4} label={words.loadingPassword} />}>
                    <PasswordForm />
                </Suspense>
            </Section>
            <Section title={words.app} text={words.appText}>
                <QueryView query={mfa} skeleton={<SkeletonRows rows={2} label={words.loading} />}>
                    {(state) => <SecondFactor state={state} />}
                </QueryView>
            </Section>
        </SettingsFrame>
    );
}

function SecondFactor({ state }: { state: MfaState }) {
    const queryClient = useQueryClient();
    const { proven, dialog: proof } = useProof();
    const [enrolment, setEnrolment] = useState<TotpEnrolment | null>(null);
    const [codes, setCodes] = useState<string[] | null>(null);
    const [removing, setRemoving] = useState(false);
    const [busy, setBusy] = useState(false);
    const refresh = () =>
        Promise.all([queryKeys.myMfa, queryKeys.mySessions].map((queryKey) => queryClient.invalidateQueries({ queryKey })));

    /** Null when it failed, which is said in a corner, or when the person would not prove who they are. */
    async function carryOut<Result>(failure: string, work: () => Promise<Result>): Promise<Result | null> {
        setBusy(true);
        try {
            return await proven(work);
        } catch (error) {
            notifyProblem(failure, error);
            return null;
        } finally {
            setBusy(false);
            await refresh();
        }
    }

    async function remove() {
        setRemoving(false);
        if (await carryOut(words.notRemoved, dropTotp)) {
            notify({ title: words.removed, description: words.removedText });
        }
    }

    const Icon = state.enabled ? ShieldCheck : ShieldOff;
    const removeButton = (
        <Button aria-disabled={state.required} onClick={state.required ? undefined : () => setRemoving(true)}>
            {words.remove}
        </Button>
    );
    return (
        <div className="p-5">
            <div className="flex gap-3.5">
                <span
                    aria-hidden="true"
                    className={`grid size-10 shrink-0 place-items-center rounded-xl ${state.enabled ? "bg-good-soft text-good" : "bg-warn-soft text-warn"}`}
                >
                    <Icon className="size-5" />
                </span>
                <div>
                    <p className="font-medium">{state.enabled ? words.on : words.off}</p>
                    <p className="mt-0.5 leading-relaxed text-ink-soft">
                        {state.enabled && state.enabled_at
                            ? `${words.since(formatDate(state.enabled_at))} ${words.codesLeft(state.recovery_codes_left)}`
                            : words.offText}
                    </p>
                </div>
            </div>
            <div className="mt-5 flex flex-wrap gap-2">
                {state.enabled ? (
                    <>
                        <Button
                            tone={state.recovery_codes_left === 0 ? "primary" : "secondary"}
                            busy={busy}
                            onClick={async () => setCodes(await carryOut(words.noNewCodes, renewRecoveryCodes))}
                        >
                            {words.newCodes}
                        </Button>
                        {state.required ? <Explained text={words.required}>{removeButton}</Explained> : removeButton}
                    </>
                ) : (
                    <Button
                        tone="primary"
                        busy={busy}
                        onClick={async () => setEnrolment(await carryOut(words.notSetUp, beginTotp))}
                    >
                        {words.setUp}
                    </Button>
                )}
            </div>
            {proof}
            <Suspense>
                {enrolment && (
                    <EnrolDialog enrolment={enrolment} proven={proven} onEnabled={refresh} onClose={() => setEnrolment(null)} />
                )}
            </Suspense>
            {codes && (
                <Dialog
                    open
                    onClose={() => setCodes(null)}
                    title={settingWords.codes.title}
                    description={settingWords.codes.replacedText}
                >
                    <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />
                </Dialog>
            )}
            {removing && (
                <ConfirmDialog
                    title={words.removeTitle}
                    description={words.removeText}
                    action={words.remove}
                    busy={busy}
                    onConfirm={remove}
                    onClose={() => setRemoving(false)}
                />
            )}
        </div>
    );
}
