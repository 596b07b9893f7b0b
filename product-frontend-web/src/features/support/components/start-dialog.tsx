import { zodResolver } from "@hookform/resolvers/zod";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { z } from "zod";
import { useProof } from "@/components/proof/use-proof";
import { words as sessionWords } from "@/components/support-sessions/words";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field, Select, TextArea, TextInput } from "@/components/ui/field";
import { FormFailure } from "@/components/ui/form-failure";
import { RadioCard } from "@/components/ui/radio-card";
import { showFieldProblems } from "@/lib/api/field-problems";
import { type ApiProblem, asProblem } from "@/lib/api/problem";
import { formatCountdown } from "@/lib/format";
import { common } from "@/lib/language/common";
import { useCountdown } from "@/lib/use-countdown";
import { type OrgSummary, useStartSession } from "../api";
import { words as supportWords } from "../words";
import { enterSession } from "./session-actions";

const words = supportWords.start;

const modes = ["ro", "rw"] as const;
const durations = ["5", "15", "30", "60"] as const;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const schema = z
    .object({
        reason: z
            .string()
            .trim()
            .max(500, words.reasonTooLong)
            .refine((text) => text.replaceAll(/\s/g, "").length >= 10, words.reasonMissing),
        ticket: z.string().trim().max(100, words.ticketTooLong),
        mode: z.enum(modes),
        confirmed: z.boolean(),
        minutes: z.enum(durations),
        person_id: z.string().trim().refine((text) => text === "" || uuid.test(text), words.personWrong),
    })
    .refine(({ mode, confirmed }) => mode === "ro" || confirmed, { path: ["confirmed"], message: words.confirmMissing });

/** Asks for what the customer will read, and starts a session, or asks for one where somebody has to agree. */
export default function StartDialog({ org, onClose }: { org: OrgSummary; onClose(): void }) {
    const navigate = useNavigate();
    const start = useStartSession(org.id);
    const { proven, dialog: proof } = useProof();
    const [refusal, setRefusal] = useState<ApiProblem | null>(null);
    const wait = useCountdown(refusal?.retryAt);
    const form = useForm({
        resolver: zodResolver(schema),
        defaultValues: { reason: "", ticket: "", mode: "ro" as const, confirmed: false, minutes: "15" as const, person_id: "" },
    });
    const { errors } = form.formState;
    const mode = useWatch({ control: form.control, name: "mode" });
    const hasToAsk = mode === "rw" || org.support_policy === "approval";

    const submit = form.handleSubmit(async ({ reason, ticket, mode: wanted, minutes, person_id }) => {
        setRefusal(null);
        const body = {
            reason,
            mode: wanted,
            minutes: Number(minutes),
            ...(ticket ? { ticket } : {}),
            ...(person_id ? { person_id } : {}),
        };
        try {
            const started = await proven(() => start.mutateAsync(body));
            if (started?.state === "active") {
                enterSession(started.session_id);
            } else if (started) {
                await navigate({ to: "/support/sessions/$id", params: { id: started.session_id } });
            }
        } catch (error) {
            const problem = asProblem(error);
            if (problem.status === 422) {
                showFieldProblems(error, form, { too_short: words.reasonMissing, missing: words.reasonMissing, unknown_person: words.unknownPerson });
            } else {
                setRefusal(problem);
            }
        }
    });

    return (
        <Dialog open onClose={onClose} title={words.title(org.name)} description={`${words.text} ${words.told[org.support_policy]}`}>
            <form className="grid gap-5" onSubmit={submit} noValidate>
                <Field label={words.reason} hint={words.reasonHint} error={errors.reason?.message}>
                    {(control) => <TextArea {...control} {...form.register("reason")} rows={3} />}
                </Field>
                <div role="group" aria-label={words.templates} className="-mt-3 flex flex-wrap gap-1.5">
                    {words.templateTexts.map((text) => (
                        <button
                            key={text}
                            type="button"
                            className="min-h-7 rounded-full border border-line bg-sunken px-2.5 py-1 text-xs text-ink-soft hover:text-ink"
                            onClick={() => {
                                form.setValue("reason", text);
                                form.setFocus("reason");
                            }}
                        >
                            {text.replace(/:\s*$/, "")}
                        </button>
                    ))}
                </div>
                <fieldset className="grid gap-2">
                    <legend className="mb-1.5 font-medium">{words.mode}</legend>
                    {modes.map((each) => (
                        <RadioCard key={each} label={words.modes[each]} text={words.modeTexts[each]} value={each} {...form.register("mode")} />
                    ))}
                    {mode === "rw" && (
                        <div>
                            <label className="flex items-start gap-3 px-3 py-1">
                                <input
                                    type="checkbox"
                                    {...form.register("confirmed")}
                                    aria-invalid={errors.confirmed ? true : undefined}
                                    aria-describedby={errors.confirmed ? "confirm-error" : undefined}
                                    className="mt-0.5 size-4 accent-accent"
                                />
                                {words.confirmWrite}
                            </label>
                            {errors.confirmed && (
                                <p id="confirm-error" className="px-3 text-xs font-medium text-bad">
                                    {errors.confirmed.message}
                                </p>
                            )}
                        </div>
                    )}
                </fieldset>
                <div className="grid items-start gap-5 sm:grid-cols-2">
                    <Field label={words.ticket} optional error={errors.ticket?.message}>
                        {(control) => <TextInput {...control} {...form.register("ticket")} autoComplete="off" />}
                    </Field>
                    <Field label={words.minutes} hint={words.minutesHint} error={errors.minutes?.message}>
                        {(control) => (
                            <Select {...control} {...form.register("minutes")}>
                                {durations.map((minutes) => (
                                    <option key={minutes} value={minutes}>
                                        {sessionWords.minutes(Number(minutes))}
                                    </option>
                                ))}
                            </Select>
                        )}
                    </Field>
                </div>
                <Field label={words.person} optional hint={words.personHint} error={errors.person_id?.message}>
                    {(control) => <TextInput {...control} {...form.register("person_id")} autoComplete="off" spellCheck={false} className="font-mono text-xs" />}
                </Field>
                <FormFailure>{refusal && refusalWords(refusal)}</FormFailure>
                <div className="flex flex-wrap justify-end gap-2">
                    <Button onClick={onClose}>{common.cancel}</Button>
                    <Button type="submit" tone="primary" busy={start.isPending} disabled={wait > 0}>
                        {wait > 0 ? words.wait(formatCountdown(wait)) : hasToAsk ? words.ask : words.submit}
                    </Button>
                </div>
            </form>
            {proof}
        </Dialog>
    );
}

/** Why it was refused, and what to do about it. */
function refusalWords({ code, title, detail, requestId, status }: ApiProblem): string {
    const reference = requestId && status >= 500 ? ` ${common.requestReference(requestId)}` : "";
    return words.refusals[code] ?? `${detail ?? title}${reference}`;
}
